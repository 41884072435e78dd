import { Command } from "commander";
import { startSandbox } from "./sandbox";
import { keepState } from "./state-file";

const program = new Command("sandbox")
  .description("Stand-ins for the external systems, for the demo and for tests.")
  .option("--port <number>", "port to listen on", "4010")
  .option("--host <address>", "address to listen on", "127.0.0.1")
  .option("--state <file>", "keep the records here between runs; without it they end with the program");

async function main(): Promise<void> {
  const { port, host, state } = program.parse().opts<{ port: string; host: string; state?: string }>();
  const sandbox = await startSandbox({ port: Number(port), host });
  const finish = state === undefined ? (): void => undefined : keepState(sandbox, state);
  console.log(`Sandbox systems at ${sandbox.url}`);
  const stop = (): void =>
    void sandbox.close().then(() => {
      finish();
      process.exit(0);
    });
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exit(1);
});
