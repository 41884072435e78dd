import { Command } from "commander";
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

const nameOption = ["--name <name>", "which stack; each has its own data and ports", DEFAULT_STACK] as const;

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
