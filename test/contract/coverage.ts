import type { Json } from "../../sidecar/domain/json";

/** Requests of a definition, as `POST /tasks/{id}`. */
export function requestsOf(definition: Json): string[] {
  const found = new Set<string>();
  const look = (value: Json): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Array.isArray(value) && typeof value["method"] === "string" && typeof value["path"] === "string") {
      found.add(`${value["method"]} ${value["path"]}`);
    }
    for (const entry of Object.values(value)) look(entry);
  };
  look(definition);
  return [...found].sort();
}

/** The requests of the definition that were never heard. */
export function neverSent(requests: readonly string[], heard: ReadonlySet<string>): string[] {
  return requests.filter((request) => {
    const pattern = request.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]*\}/g, "[^/]+");
    const matches = new RegExp(`^${pattern}$`);
    return ![...heard].some((one) => matches.test(one));
  });
}
