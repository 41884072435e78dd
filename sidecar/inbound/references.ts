import type { Fetched } from "../connectors";
import { digest } from "../connectors/digest";
import type { Notice } from "../connectors/webhooks";
import type { ReceiveAnswer } from "./odoo-inbound";
import type { Work } from "./records";

/** Notices of what a record is about; the same record as it is now makes them once. */
export function ledFrom(work: Work, { found }: Fetched): Notice[] {
  if (found === null) return [];
  const version = digest(found.record);
  return found.leadsTo.map(({ object, id }) => ({
    key: `led:${work.type},${work.externalId}:${version}:${object},${id}`,
    event: `led.${work.type}`,
    object,
    change: "changed",
    externalId: id,
    occurredAt: found.time,
    item: {},
  }));
}

/** Notices of what rows wait for: it may never be told of by itself, because it was there before the vendor was connected. Once for each row. */
export function missingFrom(answers: readonly ReceiveAnswer[]): Notice[] {
  return answers.flatMap(({ delivery_id: row, wait_for: lane }) => {
    const [, object, externalId] = /^in:([^:,]+),(.+)$/.exec(lane ?? "") ?? [];
    if (object === undefined || externalId === undefined) return [];
    const key = `reference:${row}:${object},${externalId}`;
    return [{ key, event: "reference", object, change: "changed" as const, externalId, occurredAt: null, item: {} }];
  });
}
