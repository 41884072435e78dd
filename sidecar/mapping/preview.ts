import type { Failure } from "../domain/errors";
import { isHubError } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { MappingRegistry, SystemDocument } from "./mapping-registry";
import type { MissingLink, RunContext } from "./run";

/** What would happen to a snapshot, without sending anything: for `hub preview`. */
export interface Preview {
  /** The canonical object; absent when the snapshot does not make a valid one. */
  canonical?: JsonObject;
  /** The document for the system; absent when there is none. */
  outgoing?: SystemDocument;
  /** Why it would be held. */
  findings: Failure[];
  /** Records that must reach the system first. */
  waitsFor: MissingLink[];
}

/** Takes a snapshot through both hops. Data failures become findings; anything else is a defect and is thrown. */
export function preview(
  registry: MappingRegistry,
  system: string,
  object: string,
  payload: JsonObject,
  context: RunContext = { link: (lane) => `<id of ${lane}>` },
): Preview {
  const found: Preview = { findings: [], waitsFor: [] };
  try {
    found.canonical = registry.toCanonical(object, payload);
    found.outgoing = registry.toSystem(system, object, found.canonical, context);
    found.waitsFor = found.outgoing.missingLinks;
  } catch (thrown) {
    if (!isHubError(thrown)) throw thrown;
    found.findings.push(thrown.failure);
  }
  return found;
}
