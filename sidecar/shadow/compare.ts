import type { ClaimedDelivery } from "../domain/delivery";
import { isHubError } from "../domain/errors";
import type { Json, JsonObject } from "../domain/json";
import { preview, type MappingRegistry } from "../mapping/registry";
import { differences, type Difference } from "../questions/differences";

/** How one delivery compares under two sets of mappings; null when it says nothing (a delete, an unreadable snapshot). */
export interface Compared {
  /** It would have been held. */
  failing: boolean;
  differences: Difference[];
}

export function compareUnder(
  delivery: ClaimedDelivery,
  connector: string,
  active: MappingRegistry,
  shadow: MappingRegistry,
): Compared | null {
  if (delivery.operation === "unlink") return null;
  const payload = JSON.parse(delivery.payload) as JsonObject;
  const now = preview(active, connector, delivery.object, payload);
  const then = preview(shadow, connector, delivery.object, payload);
  const [before] = now.findings;
  const [after] = then.findings;
  if (after && !before) return { failing: true, differences: [held(after.code, after.field, null, after.message)] };
  if (before && !after) return { failing: false, differences: [held(before.code, before.field, before.message, null)] };
  return { failing: false, differences: differences(now.outgoing?.document ?? {}, then.outgoing?.document ?? {}) };
}

/** Sent under one, held under the other: the reason is the place. */
function held(code: string, field: string | undefined, now: Json, then: Json): Difference {
  return { path: field === undefined ? code : `${code} ${field}`, now, then };
}

/** Whether a version of this file can change what a system is sent of an object. */
export function concerns(path: string, connector: string, object: string): boolean {
  const [, system, folder, name] = /^(?:systems\/([^/]+)|odoo)(?:\/([^/]+))?\/([^/]+)\.json$/.exec(path) ?? [];
  if (name === undefined) return true;
  if (system !== undefined && system !== connector) return false;
  return folder === "tables" || name === object || name === "settings";
}

/** A snapshot that cannot be read is told of where it is delivered; anything else is a defect. */
export function isAboutTheRecord(thrown: unknown): boolean {
  return isHubError(thrown) || thrown instanceof SyntaxError;
}
