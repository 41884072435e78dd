import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Sandbox } from "./sandbox";
import type { StoredRecord } from "./store";
import type { KeptWebhooks } from "./webhooks/webhooks";

/** After so many lines the file is written anew. */
const LINES = 20_000;

/** One line: what changed since the line above. Records are named by `system/type`. */
interface Line {
  records?: Record<string, StoredRecord[]>;
  webhooks?: KeptWebhooks;
}

/**
 * Keeps the stand-ins' records, subscriptions and what they still have to post in a file, so that a sandbox that is stopped or killed
 * and started again finds its vendors as they were: Odoo remembers their ids, and no vendor forgets what it has answered. Every change is a
 * line of JSON, written before it is answered. Journal, calls, faults, quotas, tokens and clock are not kept. Answers how to stop.
 */
export function keepState({ store, webhooks }: Pick<Sandbox, "store" | "webhooks">, file: string): () => void {
  for (const { records, webhooks: kept } of linesOf(file)) {
    if (records) store.restore(records);
    if (kept) webhooks.restore(kept);
  }
  let lines = 0;
  const whole = (): void => {
    const line: Line = { records: store.dump(), webhooks: webhooks.dump() };
    writeFileSync(`${file}.tmp`, `${JSON.stringify(line)}\n`);
    renameSync(`${file}.tmp`, file);
    lines = 1;
  };
  const add = (line: Line): void => {
    if (++lines > LINES) return whole();
    appendFileSync(file, `${JSON.stringify(line)}\n`);
  };
  whole();
  webhooks.resume();
  const forget = [
    store.onRecord((system, type, { record }) => add({ records: { [`${system}/${type}`]: [record] } })),
    store.onClear(whole),
    webhooks.onChange((kept) => add({ webhooks: kept })),
  ];
  return () => {
    for (const stop of forget) stop();
  };
}

/** What the file says, oldest first. A last line that a kill cut off was not answered yet. */
function linesOf(file: string): Line[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((text): Line[] => {
      try {
        const line = JSON.parse(text) as Line;
        // Before there were lines, the file was the records alone.
        return "records" in line || "webhooks" in line ? [line] : [{ records: line as Record<string, StoredRecord[]> }];
      } catch {
        return [];
      }
    });
}
