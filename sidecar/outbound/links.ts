import type { Queue } from "../odoo/queue";
import type { LinkLookup } from "./translator";

/** The external ids that a batch of documents refers to, asked for in one query. */
export async function findLinks(queue: Pick<Queue, "links">, system: string, lanes: Set<string>): Promise<LinkLookup> {
  if (lanes.size === 0) return () => undefined;
  const found = new Map<string, string>();
  for (const link of await queue.links(system, [...lanes])) found.set(`${link.type} ${link.lane}`, link.externalId);
  return (lane, type) => found.get(`${type} ${lane}`);
}
