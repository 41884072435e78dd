import { Command, CommanderError, InvalidArgumentError } from "commander";
import { version } from "../package.json";
import { capacityCommand, type CapacityOptions } from "./commands/capacity";
import { check } from "./commands/check";
import { configurationFor } from "./commands/configuration";
import { EXIT, exitCodeFor } from "./commands/exit-codes";
import { grant, type GrantOptions } from "./commands/grant";
import { loadCommand, type LoadOptions } from "./commands/load";
import { migrateCommand } from "./commands/migrate";
import { packApply, packDiff, packExport, type PackOptions } from "./commands/pack";
import { pollCommand, type PollOptions } from "./commands/poll";
import { previewCommand, type PreviewOptions } from "./commands/preview";
import { replayCommand, type ReplayOptions } from "./commands/replay";
import { replayStatus, steerReplay } from "./commands/replay-jobs";
import { describeError } from "./commands/report";
import { serve } from "./commands/serve";
import { closeWindow, listHanded, openWindow, revokeHanded, showHanded, type OpenOptions } from "./commands/webhooks";

/** The command line `hub`. Answers the exit code (`commands/exit-codes.ts`); errors go to standard error. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = commandLine((result) => (code = result));
  try {
    await program.parseAsync(argv);
    return code;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
    process.stderr.write(describeError(thrown));
    return exitCodeFor(thrown);
  }
}

function commandLine(ended: (code: number) => void): Command {
  const program = new Command("hub")
    .description("Carries business events from Odoo to other systems.")
    .version(version)
    .option("-c, --config <file>", "configuration file (default: HUB_CONFIG, then ./hub.yaml)")
    .exitOverride();
  const config = (): ReturnType<typeof configurationFor> =>
    configurationFor(program.opts<{ config?: string }>().config);

  program
    .command("serve")
    .description("deliver until stopped")
    .action(async () => ended(await serve(config())));

  program
    .command("migrate")
    .description("bring the hub's own tables to this version (serve does it too)")
    .action(async () => ended(await migrateCommand(config())));

  program
    .command("check")
    .description("check configuration, mappings and connectors, and whether everything can be reached")
    .action(async () => ended(await check(config())));

  program
    .command("preview")
    .description("show what a record would become, without sending it")
    .requiredOption("--system <code>", "the system it would go to")
    .option("--model <model>", "model of the record, for instance res.partner")
    .option("--id <id>", "id of the record", toCount)
    .option("--object <name>", "business object, where a model has several")
    .option("--payload <file>", "an event's payload instead of a record")
    .action(async (options: PreviewOptions) => ended(await previewCommand(config(), options)));

  const replays = program
    .command("replay")
    .description("send deliveries again: named ones at once, or as a job all that match every condition")
    .option("--delivery <id...>", "ids of deliveries")
    .option("--system <code>", "only to this system")
    .option("--state <state...>", "only in these states")
    .option("--kind <kind>", "only with this kind of failure")
    .option("--code <code>", "only with this code of failure")
    .option("--event-type <name>", "only of this event type")
    .option("--object <name>", "only of this business object")
    .option("--model <model>", "only of this model")
    .option("--record <reference>", "only of this record: res.partner,42")
    .option("--since <time>", "only changes made at or after this time (ISO 8601)")
    .option("--until <time>", "only changes made before this time")
    .option("--limit <count>", "most deliveries taken by the conditions, oldest first (default: all)", toCount)
    .option("--force", "also what the target is believed to hold already")
    .option("--reread", "read the records again and send today's state")
    .option("--dry-run", "count them and queue nothing")
    .option("--follow", "show the job's progress until it has ended; Ctrl-C leaves it running")
    .action(async (options: ReplayOptions) => ended(await replayCommand(config(), options)));
  replays
    .command("status")
    .description("show the last replay jobs, or one")
    .argument("[job]", "number of the job", toCount)
    .option("--follow", "until it has ended")
    .action(async (job: number | undefined, options: { follow?: boolean }, command: Command) =>
      ended(await replayStatus(config(), job, { ...command.parent?.opts(), ...options })),
    );
  for (const action of ["pause", "resume", "cancel"] as const) {
    replays
      .command(action)
      .description(`${action} a replay job${action === "cancel" ? "; what it queued already goes out" : ""}`)
      .argument("<job>", "number of the job", toCount)
      .action(async (job: number) => ended(await steerReplay(config(), job, action)));
  }

  program
    .command("poll")
    .description(
      "look now at what changed in a system; what is found is fetched and applied by the sidecars that serve",
    )
    .requiredOption("--system <code>", "the system")
    .option("--object <name>", "only this business object, or type of the connector")
    .option("--sweep", "also go through all that is there, where deletions are found in no other way")
    .action(async (options: PollOptions) => ended(await pollCommand(config(), options)));

  program
    .command("load")
    .description("bring what is already in a system into Odoo, after everything that is alive; interrupted, it goes on")
    .requiredOption("--system <code>", "the system")
    .requiredOption("--object <name>", "the business object, or type of the connector")
    .option("--dry-run", "say what would become of each record, and write nothing")
    .action(async (options: LoadOptions) => ended(await loadCommand(config(), options)));

  const webhooks = program
    .command("webhooks")
    .description("secrets that systems hand over when they are told to send webhooks (docs/inbound.md)");
  webhooks
    .command("open")
    .description("let a system hand over the secret that it signs with; closes by itself, and once one was taken")
    .argument("<system>", "the system")
    .option("--minutes <count>", "how long, 1 to 1440 (default: 10)", toMinutes)
    .option("--count <count>", "how many secrets, for several subscriptions (default: 1)", toCount)
    .action(async (system: string, options: OpenOptions) => ended(await openWindow(config(), system, options)));
  webhooks
    .command("close")
    .description("close a window before its time")
    .argument("<system>", "the system")
    .action(async (system: string) => ended(await closeWindow(config(), system)));
  webhooks
    .command("list")
    .description("show open windows, and what was handed over, without the secrets")
    .action(async () => ended(await listHanded(config())));
  webhooks
    .command("revoke")
    .description("refuse calls that are signed with a secret from now on")
    .argument("<number>", "number of the secret", toCount)
    .action(async (id: number) => ended(await revokeHanded(config(), id)));
  webhooks
    .command("show")
    .description("print a secret, for a system that has a person repeat it")
    .argument("<number>", "number of the secret", toCount)
    .action(async (id: number) => ended(await showHanded(config(), id)));

  const packs = program.command("pack").description("move what administrators own between files and Odoo databases");
  packs
    .command("diff")
    .description("show what would change in one place with what is in another")
    .option("--from <place>", "a folder, `odoo`, or another sidecar's configuration file (default: the pack's files)")
    .option("--to <place>", "the same kinds (default: odoo)")
    .action(async (options: PackOptions) => ended(await packDiff(config, options)));
  packs
    .command("apply")
    .description("bring what differs into Odoo, as draft versions")
    .requiredOption("--reason <text>", "what changes and why")
    .option("--from <place>", "a folder, `odoo`, or another sidecar's configuration file (default: the pack's files)")
    .option("--to <place>", "`odoo`, or another sidecar's configuration file (default: odoo)")
    .option("--key-from <reference>", "API key of the mapping administrator who does it: env:NAME or file:/path")
    .option("--login <login>", "whose key it is, where odoo.protocol is jsonrpc")
    .option("--activate", "activate those that need no second person")
    .action(async (options: PackOptions) => ended(await packApply(config, options)));
  packs
    .command("export")
    .description("write what was changed in Odoo as files")
    .requiredOption("--to <folder>", "the folder")
    .option("--from <place>", "`odoo`, or another sidecar's configuration file (default: odoo)")
    .option("--all", "also what counts there as it is shipped")
    .action(async (options: PackOptions) => ended(await packExport(config, options)));

  program
    .command("capacity")
    .description("say how long volumes take to deliver, and which quotas do not suffice")
    .argument("[file]", "volumes, as YAML or JSON (docs/capacity.md)")
    .option("--from-queue", "take what waits in the queue now instead of a file")
    .option("--finish-within <time>", "how long it may take once the last record is there: 90s, 10m, 2h, 1d")
    .option("--json", "print JSON")
    .action(async (file: string | undefined, options: CapacityOptions) =>
      ended(await capacityCommand(config(), file, options)),
    );

  program
    .command("grant")
    .description("create the database role that may call the queue's functions and nothing else")
    .requiredOption("--role <name>", "name of the role")
    .option("--password-from <reference>", "its password: env:NAME or file:/path")
    .option("--database-url <reference>", "Odoo's database as somebody who may create roles: env:NAME or file:/path")
    .option("--database <name>", "name of Odoo's database, for --print")
    .option("--print", "print the statements instead of running them")
    .action(async (options: GrantOptions) => ended(await grant(options)));

  return program;
}

function toMinutes(text: string): number {
  const count = toCount(text);
  if (count <= 1440) return count;
  throw new InvalidArgumentError("At most 1440 minutes, a day.");
}

function toCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new InvalidArgumentError("A whole number above 0 is needed.");
}
