import type { Client } from "pg";

interface Node {
  "Node Type": string;
  "Relation Name"?: string;
  Filter?: string;
  Plans?: Node[];
}

/** How Postgres executed one statement. */
export interface Explained {
  "Query Text": string;
  Plan: Node;
}

/** Tables that grow with the business; the others hold a few rows, and reading those from end to end is right. */
const GROWING = new Set([
  "integration_event",
  "integration_event_payload",
  "integration_delivery",
  "integration_attempt",
  "integration_link",
]);

/** Runs a statement and answers how Postgres executed it and every statement inside the functions it called. */
export async function explained(client: Client, statement: string, values: unknown[]): Promise<Explained[]> {
  const plans: Explained[] = [];
  const hear = (notice: { message?: string | undefined }): void => {
    const start = notice.message?.indexOf("plan:\n") ?? -1;
    if (start >= 0) plans.push(JSON.parse(notice.message?.slice(start + 6) ?? "") as Explained);
  };
  for (const setting of [
    "LOAD 'auto_explain'",
    "SET client_min_messages = notice",
    "SET auto_explain.log_level = notice",
    "SET auto_explain.log_nested_statements = on",
    "SET auto_explain.log_format = json",
    "SET auto_explain.log_min_duration = 0",
    "SET jit = off",
  ])
    await client.query(setting);
  client.on("notice", hear);
  try {
    await client.query(statement, values);
  } finally {
    client.removeListener("notice", hear);
    await client.query("SET auto_explain.log_min_duration = -1");
  }
  return plans;
}

/** Each sequential scan of a table that grows, with the beginning of the statement it is in. */
export function sequentialScans(plans: readonly Explained[]): string[] {
  return plans.flatMap((plan) =>
    nodes(plan.Plan)
      .filter((node) => node["Node Type"] === "Seq Scan" && GROWING.has(node["Relation Name"] ?? ""))
      .map((node) => {
        const text = plan["Query Text"].replace(/\s+/g, " ").trim().slice(0, 100);
        return `${node["Relation Name"] ?? ""} (${node.Filter ?? "no filter"}) in: ${text}`;
      }),
  );
}

function nodes(node: Node): Node[] {
  return [node, ...(node.Plans ?? []).flatMap(nodes)];
}
