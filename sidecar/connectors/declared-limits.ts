import type { JsonObject } from "../domain/json";
import type { ConnectorDefinition } from "./definition";
import type { Bucket } from "../domain/shared-state";
import { compileText } from "./template";

/**
 * The rate limits of a connection. A bucket's size may be a setting, where it depends on the customer's plan.
 * @param settings the connection's, with the definition's defaults filled in
 */
export function declaredBuckets(definition: ConnectorDefinition, settings: JsonObject): Record<string, Bucket> {
  return Object.fromEntries(
    Object.entries(definition.limits.buckets).map(([name, { requests, perMs }]) => [
      name,
      {
        requests: typeof requests === "number" ? requests : Number(compileText(requests)({ connection: settings })),
        perMs,
      },
    ]),
  );
}
