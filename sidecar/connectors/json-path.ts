import type { Json } from "../domain/json";

/** `data.items.0.id` as steps. A dot inside a name cannot be written; no vendor so far has one. */
export function parsePath(path: string): string[] {
  return path === "" ? [] : path.split(".");
}

/** The value at a path, or undefined. Reads own properties only: the data comes from outside. */
export function readPath(from: Json | undefined, steps: readonly string[]): Json | undefined {
  let here: Json | undefined = from;
  for (const step of steps) {
    if (Array.isArray(here)) {
      const index = step === "-1" ? here.length - 1 : Number(step);
      here = Number.isInteger(index) ? here[index] : undefined;
    } else if (typeof here === "object" && here !== null && Object.hasOwn(here, step)) {
      here = here[step];
    } else {
      return undefined;
    }
  }
  return here;
}

/** A scalar as text; objects, lists, null and undefined give null. */
export function asText(value: Json | undefined): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return null;
}
