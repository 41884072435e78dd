import { Argument, Command, InvalidArgumentError } from "commander";
import { block, BREAKABLE, kill, restart, slow, unblock, WAYS, type Breakable, type Way } from "./disturb";
import { MissingPrerequisite } from "./machine/apt";
import { terminalProgress } from "./progress";
import { DEFAULT_STACK, type ServiceName, type StackState } from "./state";
import { printStatus } from "./status";
import { down, reset, up } from "./up";

interface UpFlags {
  name: string;
  sidecar: boolean;
  demoData: boolean;
}

const progress = terminalProgress();
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());

const program = new Command("stack").description(
  "Odoo 19 with the addon, Postgres, sandbox systems and the sidecar, on this machine",
);

const nameOption = [
  "--name <name>",
  "which stack; each has its own data and ports",
  stackNamed,
  DEFAULT_STACK,
] as const;

for (const [command, action, text] of [
  ["up", up, "start the stack, or what of it is not running"],
  ["reset", reset, "delete the stack's data and start it afresh"],
] as const) {
  program
    .command(command)
    .description(text)
    .option(...nameOption)
    .option("--without-sidecar", "leave the sidecar to the caller")
    .option("--no-demo-data", "for new data: a database without demo records")
    .action(async (flags: UpFlags & { withoutSidecar?: boolean }) => {
      const { name, demoData } = flags;
      const signal = interrupted.signal;
      printSummary(await action({ name, demoData, withSidecar: !flags.withoutSidecar, progress, signal }));
    });
}

program
  .command("down")
  .description("stop the stack; its data stays")
  .option(...nameOption)
  .action(async ({ name }: UpFlags) => {
    const stopped = await progress.step("Stack stopped", async () => await down(name));
    progress.note(stopped.length > 0 ? `stopped: ${stopped.join(", ")}` : "nothing was running");
  });

program
  .command("status")
  .description("what runs, where, and what is wrong; exit code 1 when something is")
  .option(...nameOption)
  .action(async ({ name }: UpFlags) => {
    if (!(await printStatus(name))) process.exitCode = 1;
  });

interface DisturbFlags {
  name: string;
  ms: number;
  immediate?: boolean;
}

const service = (): Argument => new Argument("<service>", "which program").choices(BREAKABLE);
const way = (): Argument => new Argument("<way>", "a program, or one way to it from the sidecar").choices(WAYS);

program
  .command("kill")
  .description("end a program at once (SIGKILL), to see what comes of it")
  .addArgument(service())
  .option(...nameOption)
  .action(async (what: Breakable, { name }: DisturbFlags) => {
    await kill(name, what);
    progress.note(`${what} is killed; start it with: ${stackCommand(name, "restart", what)}`);
  });

program
  .command("restart")
  .description("stop a program and start it again, or start one that was killed")
  .addArgument(service())
  .option(...nameOption)
  .option("--immediate", "postgres: without a shutdown; it recovers from its log as after a crash")
  .action(async (what: Breakable, { name, immediate = false }: DisturbFlags) => {
    if (immediate && what !== "postgres")
      throw new Error(`--immediate is for postgres; ${what} has no log to recover from.`);
    const signal = interrupted.signal;
    await progress.step(`${what} restarted`, async () => await restart(name, what, { progress, signal, immediate }));
  });

program
  .command("block")
  .description("let nothing pass between the sidecar and a program; connections hang. Of the sidecar: freeze it")
  .addArgument(way())
  .option(...nameOption)
  .action(async (what: Way, { name }: DisturbFlags) => {
    await block(name, what);
    progress.note(`${what} is blocked; let it go on with: ${stackCommand(name, "unblock", what)}`);
  });

program
  .command("unblock")
  .description("let everything pass again")
  .addArgument(way())
  .option(...nameOption)
  .action(async (what: Way, { name }: DisturbFlags) => {
    await unblock(name, what);
    progress.note(`${what} is unblocked`);
  });

program
  .command("slow")
  .description("make every round trip between the sidecar and a program take longer")
  .addArgument(way())
  .option(...nameOption)
  .requiredOption("--ms <n>", "milliseconds more; 0 for as fast as it is", milliseconds)
  .action(async (what: Way, { name, ms }: DisturbFlags) => {
    await slow(name, what, ms);
    progress.note(ms === 0 ? `${what} is as fast as it is` : `${what} answers ${ms} ms later`);
  });

/** It becomes the name of files and folders. */
function stackNamed(text: string): string {
  if (/^[a-z0-9][a-z0-9_-]{0,39}$/i.test(text)) return text;
  throw new InvalidArgumentError("It must be letters, digits, - and _, at most 40.");
}

/** A command about this stack as a person types it. */
const stackCommand = (name: string, ...words: string[]): string =>
  ["npm run stack --", ...words, ...(name === DEFAULT_STACK ? [] : ["--name", name])].join(" ");

function milliseconds(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 0.");
  return Number(text);
}

function printSummary(stack: StackState): void {
  console.log(`\nOdoo      ${stack.odoo.url}  (${stack.odoo.login} / ${stack.odoo.password})`);
  const runs = (name: ServiceName): boolean => stack.mode === "docker" || stack.pids[name] !== undefined;
  if (runs("sandbox")) console.log(`Sandbox   ${stack.sandbox.url}`);
  if (runs("sidecar")) console.log(`Sidecar   ${stack.sidecar.url}`);
  console.log(`Details   .stack/${stack.name}.json`);
}

program.parseAsync().catch((error: unknown) => {
  if (interrupted.signal.aborted) {
    console.error("Interrupted; what this command had started is stopped.");
    process.exitCode = 130;
    return;
  }
  const known = error instanceof MissingPrerequisite;
  console.error(known ? error.message : error instanceof Error ? error.message : error);
  process.exitCode = known ? 2 : 1;
});
