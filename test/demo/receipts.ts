import { request } from "undici";
import type { Row } from "./deliveries";

/** What is read of the sandbox's journal: one entry per write it received. */
interface Receipt {
  time: number;
  traceparent?: string | null;
}

/** Answers a function that tells, for a delivery, the milliseconds from Odoo's transaction to the vendor's first receipt; null when it did not arrive (yet). */
export async function readReceipts(sandboxUrl: string): Promise<(row: Row) => number | null> {
  const { body } = await request(`${sandboxUrl}/_sandbox/journal`);
  const answer = (await body.json()) as { entries: (Receipt & { system: string })[] };
  const first = new Map<string, number>();
  for (const receipt of answer.entries) {
    const key = `${receipt.system} ${traceId(receipt.traceparent ?? "")}`;
    if (!first.has(key)) first.set(key, receipt.time);
  }
  return (row) => {
    const receivedAt = first.get(`${row.target.toLowerCase()} ${traceId(row.traceparent)}`);
    return receivedAt === undefined ? null : receivedAt - row.recordedAt;
  };
}

function traceId(traceparent: string): string {
  return traceparent.split("-")[1] ?? "";
}
