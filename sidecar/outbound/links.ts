import type { Queue } from "../odoo/queue";

/** The external id of a record (`res.partner,42`) as one type of object; undefined without a link. */
export type LinkLookup = (lane: string, type: string) => string | undefined;

/** The external ids that a batch of documents refers to, asked for in one query. */
export async function findLinks(queue: Pick<Queue, "links">, system: string, lanes: Set<string>): Promise<LinkLookup> {
  if (lanes.size === 0) return () => undefined;
  const found = new Map<string, string>();
  for (const link of await queue.links(system, [...lanes])) found.set(`${link.type} ${link.lane}`, link.externalId);
  return (lane, type) => found.get(`${type} ${lane}`);
}
