import { Command } from "commander";
import { startSandbox } from "./sandbox";

const program = new Command("sandbox")
  .description("Stand-ins for the external systems, for the demo and for tests.")
  .option("--port <number>", "port to listen on", "4010")
  .option("--host <address>", "address to listen on", "127.0.0.1");

async function main(): Promise<void> {
  const { port, host } = program.parse().opts<{ port: string; host: string }>();
  const sandbox = await startSandbox({ port: Number(port), host });
  console.log(`Sandbox systems at ${sandbox.url}`);
  const stop = (): void => void sandbox.close().then(() => process.exit(0));
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exit(1);
});
