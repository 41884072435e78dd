import type { JournalEntry } from "../sandbox/journal";
import type { SandboxControl } from "../support/sandbox-control";
import type { Row } from "./deliveries";

/**
 * Answers a function that tells, for a delivery, the milliseconds from Odoo's transaction to the vendor's receipt; null when it did not
 * arrive (yet). A receipt belongs to a delivery by the record's key, or by the trace where the vendor's record carries no key.
 */
export async function readReceipts(sandbox: SandboxControl): Promise<(row: Row) => number | null> {
  const journal = await sandbox.journal();
  return (row) => {
    const receipt = journal.find(
      (entry) => entry.system === row.target && entry.at >= row.recordedAt && belongs(entry, row),
    );
    return receipt === undefined ? null : receipt.at - row.recordedAt;
  };
}

function belongs(entry: JournalEntry, row: Row): boolean {
  return entry.key === null ? traceId(entry.traceparent) === traceId(row.traceparent) : entry.key === row.lane;
}

function traceId(traceparent: string | null): string {
  return traceparent?.split("-")[1] ?? "";
}
