import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ObjectDefinition } from "../../sidecar/connectors";
import type { JsonObject } from "../../sidecar/domain/json";

const SHIPPED = join(__dirname, "../../mappings");

/** A vendor's opportunities as they come in: small, with a life cycle. */
export const DEAL_IN: JsonObject = {
  title: "Deal",
  version: 1,
  source: { type: "deal" },
  target: { object: "opportunity", version: 1 },
  lines: [
    { to: "id", from: "id", apply: [["externalRef", "deal"]] },
    { to: "name", from: "name", apply: ["trim"], required: true },
    { to: "status", from: "status" },
    { to: "active", const: true },
  ],
};
export const DEAL_TO_ODOO: JsonObject = {
  title: "Deal into Odoo",
  version: 1,
  source: { object: "opportunity", version: 1 },
  target: { model: "crm.lead" },
  lines: [
    { to: "values.name", from: "name" },
    { to: "values.type", const: "opportunity" },
  ],
};

/** How the stand-in vendor is read (`test/unit/connectors/scripted-vendor.ts`): it answers the fields that it is asked for. */
export const DEAL: ObjectDefinition = {
  fetch: {
    request: { method: "GET", path: "/deals/{id}", query: { fields: "{fields}" } },
    fields: { always: ["changed", "merged"] },
    time: "changed",
    oldIds: ["merged"],
  },
  changes: {
    request: { method: "GET", path: "/deals", query: { since: "{since}" } },
    records: "deals",
    id: "id",
    time: "changed",
    order: "ascending",
    overlapMs: 1_000,
    pagination: { type: "page", to: { query: "page" } },
  },
};

/** What is about deals and means nothing by itself: an approval of several. */
export const APPROVAL: ObjectDefinition = {
  fetch: {
    request: { method: "GET", path: "/approvals/{id}" },
    leadsTo: [{ each: "deals", id: "id", object: "deal" }],
  },
};

/** A folder with the canonical objects and these files, by path in the pack. The caller removes it. */
export function packWith(files: Record<string, JsonObject>): string {
  const folder = mkdtempSync(join(tmpdir(), "hub-pack-"));
  cpSync(join(SHIPPED, "canonical"), join(folder, "canonical"), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(content));
  }
  return folder;
}

export const DEAL_PACK: Record<string, JsonObject> = {
  "odoo/in/opportunity.json": DEAL_TO_ODOO,
  "systems/crm/mappings/in/opportunity.json": DEAL_IN,
  "ownership.json": { version: 1, objects: { opportunity: { owner: ["odoo", "crm"] } } },
};
