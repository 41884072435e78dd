import type { Config } from "../config/config";
import { toFailure } from "../domain/errors";
import { Hub } from "../hub";
import { verifyIdentity } from "../odoo/open";
import { migrate } from "../store/migrate";
import type { Opened } from "../store/store-key";
import { createLog } from "../telemetry/log";
import { EXIT, exitCodeFor } from "./exit-codes";
import { table } from "./report";

interface Line {
  part: string;
  thrown: unknown;
  said: string;
}

/** Everything that is checked at start, and whether everything can be reached; nothing is delivered. Prints a table. */
export async function check(config: Config): Promise<number> {
  const hub = new Hub(config, createLog({ level: "silent" }));
  const { records, store } = hub;
  const lines: Line[] = [
    { part: "configuration", thrown: null, said: config.file ?? "from the environment" },
    { part: "mappings", thrown: null, said: `${hub.releases.current.mappings.catalogue().objects.length} objects` },
  ];
  const ask = async (part: string, question: () => Promise<string>): Promise<void> => {
    try {
      lines.push({ part, thrown: null, said: await question() });
    } catch (thrown) {
      lines.push({ part, thrown, said: toFailure(thrown).message });
    }
  };
  await ask("queue", async () => {
    const identity = await verifyIdentity(hub.queue, config.odoo);
    return `${identity.database} ${identity.databaseUuid}, contract ${identity.contractVersion}`;
  });
  if (records)
    await ask("odoo", async () => records.check().then(() => `${config.odoo.url} (${config.odoo.protocol})`));
  if (store) {
    await ask("store", async () => migrate(store).then(() => "answers"));
    // A store that is away was named already.
    if (lines.at(-1)?.thrown === null) await ask("store key", async () => keyFinding(await hub.checkStoreKey()));
  }
  for (const { config: system, connector, name } of hub.connections) {
    await ask(`system ${system.code}`, async () => connector.check().then(() => `${name} lets us in`));
  }
  await hub.stop();
  for (const { connector } of hub.connections) await connector.close();
  print(config, lines);
  const worst = lines.map(({ thrown }) => (thrown === null ? EXIT.done : exitCodeFor(thrown)));
  return Math.max(...worst);
}

function keyFinding(opened: Opened | null): string {
  const { signIns = 0, secrets = 0 } = opened ?? {};
  if (signIns + secrets === 0) return "nothing is kept sealed";
  return `opens what is kept sealed: sign-ins ${signIns}, webhook secrets ${secrets}`;
}

function print(config: Config, lines: readonly Line[]): void {
  const rows = lines.map(({ part, thrown, said }) => [thrown === null ? "ok" : "FAIL", part, said]);
  const hints = lines.flatMap(({ part, thrown }) => (thrown === null ? [] : [["", part, toFailure(thrown).hint]]));
  const warnings = config.warnings.map(({ place, path, reason, fix }) => [
    "warn",
    `${place} ${path}`,
    `${reason} ${fix}`,
  ]);
  process.stdout.write(table([["", "part", "finding"], ...rows, ...warnings]));
  if (hints.length > 0) process.stdout.write(`\nwhat to do\n${table(hints)}`);
}
