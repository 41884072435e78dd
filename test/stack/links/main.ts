import { Command } from "commander";
import { startLinks } from "./links";

const program = new Command("links")
  .description("The ways from the sidecar to what it talks to, which can be blocked or slowed one by one.")
  .requiredOption("--control <port>", "port of the control interface", Number)
  .argument("<links...>", "name=port:target, for example odoo-api=41001:8069");

async function main(): Promise<void> {
  const { control } = program.parse().opts<{ control: number }>();
  const options = program.args.map((text) => {
    const [, name = "", port, target] = /^([a-z-]+)=(\d+):(\d+)$/.exec(text) ?? program.error(`What is ${text}?`);
    return { name, port: Number(port), target: Number(target) };
  });
  const links = await startLinks(control, options);
  console.log(`Links, controlled at ${links.url}`);
  const stop = (): void => {
    links.close();
    process.exit(0);
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exit(1);
});
