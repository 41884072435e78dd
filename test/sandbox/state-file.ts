import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Store, StoredRecord } from "./store";

/** Written at most so often, in milliseconds, and once more at the end. */
const SAVE_EVERY_MS = 200;

/**
 * Keeps the stand-ins' records in a file, so that a stack that is stopped and started finds its vendors as it left them: Odoo remembers
 * their ids. Journal and faults are not kept. Answers how to write the last state and stop.
 */
export function keepState(store: Store, file: string): () => void {
  if (existsSync(file)) store.restore(JSON.parse(readFileSync(file, "utf8")) as Record<string, StoredRecord[]>);
  let timer: NodeJS.Timeout | null = null;
  const save = (): void => {
    timer = null;
    writeFileSync(`${file}.tmp`, JSON.stringify(store.dump()));
    renameSync(`${file}.tmp`, file);
  };
  const forget = store.onChange(() => (timer ??= setTimeout(save, SAVE_EVERY_MS)));
  return () => {
    forget();
    if (timer) clearTimeout(timer);
    save();
  };
}
