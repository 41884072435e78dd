import type { RuleDefinition } from "./definition";

/** What the sidecar publishes to Odoo at start (docs/architecture.md, "Catalogue"). */
export interface Catalogue {
  objects: CatalogueObject[];
  systems: { code: string; objects: string[] }[];
  rules: RuleDefinition[];
}

export interface CatalogueObject {
  /** Canonical object, `customer`. */
  object: string;
  title: string;
  /** Odoo model it is made from. */
  model: string;
  /** Version of the canonical object. */
  version: number;
  /** Dotted Odoo paths that a connected system's document comes from. Those this Odoo does not have are left out of the payload. */
  paths: string[];
}

/** Paths that need asking for: the snapshot always has `id` and `active`, and every nested record its `id`. */
export function askedPaths(paths: readonly string[]): string[] {
  const asked = paths.filter((path) => path !== "id" && path !== "active" && !path.endsWith(".id"));
  const lists = paths.filter((path) => path.endsWith(".id")).map((path) => path.slice(0, -".id".length));
  const bare = lists.filter((list) => !asked.some((path) => path === list || path.startsWith(`${list}.`)));
  return [...new Set([...asked, ...bare])];
}
