import type { Json, JsonObject } from "../domain/json";
import type { LifecycleDefinition } from "./lifecycle";
import { isObject } from "./paths";

/** One difference between two states of a canonical schema. */
export interface SchemaChange {
  /** Canonical object, `customer`. */
  object: string;
  /** Where in the object, `address.city`; empty for the object as a whole. */
  place: string;
  /** True when somebody who relied on the schema before can be wrong now. */
  breaking: boolean;
  reason: string;
}

/** What two packs' canonical schemas differ in, and what of it may not be: a breaking change within one version. */
export interface Compatibility {
  changes: SchemaChange[];
  /** Breaking changes of objects whose version did not rise. */
  refused: SchemaChange[];
}

/** Schemas by file name without `.schema.json`: `customer`, and `common` for the shared parts. */
export type Schemas = ReadonlyMap<string, JsonObject>;

/** Compares the canonical schemas of two packs. Shared parts are compared where they are used. */
export function compareSchemas(before: Schemas, after: Schemas): Compatibility {
  const changes: SchemaChange[] = [];
  const refused: SchemaChange[] = [];
  for (const [object, schema] of before) {
    if (object === "common") continue;
    const now = after.get(object);
    const found = now === undefined ? [gone(object)] : new Comparison(object, before, after).objects(schema, now);
    changes.push(...found);
    if (now === undefined || versionOf(now) <= versionOf(schema))
      refused.push(...found.filter(({ breaking }) => breaking));
  }
  for (const object of after.keys())
    if (!before.has(object)) changes.push({ object, place: "", breaking: false, reason: "is new" });
  return { changes, refused };
}

const gone = (object: string): SchemaChange => ({ object, place: "", breaking: true, reason: "was removed" });

function versionOf(schema: JsonObject): number {
  return Number(/\/(\d+)$/.exec(shown(schema["$id"]))?.[1] ?? 0);
}

/** Bounds: a lower one breaks by rising, an upper one by falling; either by appearing. */
const BOUNDS: [string, "lower" | "upper"][] = [
  ["minLength", "lower"],
  ["minItems", "lower"],
  ["minimum", "lower"],
  ["exclusiveMinimum", "lower"],
  ["maxLength", "upper"],
  ["maxItems", "upper"],
  ["maximum", "upper"],
  ["exclusiveMaximum", "upper"],
];
/** Keywords whose every change breaks, except that they may go. */
const FIXED = ["pattern", "format", "const", "multipleOf"];
/** How well a class of data is protected; the last three are shown to different people. */
const PROTECTION: Record<string, number> = { public: 0, internal: 1, personal: 2, commercial: 2, financial: 2 };

class Comparison {
  private readonly changes: SchemaChange[] = [];

  constructor(
    private readonly object: string,
    private readonly before: Schemas,
    private readonly after: Schemas,
  ) {}

  objects(before: JsonObject, after: JsonObject): SchemaChange[] {
    this.fields("", before, after);
    this.identifiers(before, after);
    this.lifecycle(before["x-lifecycle"], after["x-lifecycle"]);
    return this.changes;
  }

  private note(place: string, breaking: boolean, reason: string): void {
    this.changes.push({ object: this.object, place, breaking, reason });
  }

  /** A schema at one place with everything below it. */
  private node(place: string, was: JsonObject, is: JsonObject): void {
    const before = { ...resolve(was, this.before), ...without(was, "$ref") };
    const after = { ...resolve(is, this.after), ...without(is, "$ref") };
    this.types(place, before, after);
    this.values(place, before, after);
    for (const [keyword, side] of BOUNDS) this.bound(place, keyword, side, before[keyword], after[keyword]);
    for (const keyword of FIXED) this.fixed(place, keyword, before[keyword], after[keyword]);
    this.classification(place, before["x-classification"], after["x-classification"]);
    this.fields(place, before, after);
    if (isObject(before["items"]) && isObject(after["items"])) this.node(`${place}[]`, before["items"], after["items"]);
  }

  private fields(place: string, before: JsonObject, after: JsonObject): void {
    const was = isObject(before["properties"]) ? before["properties"] : {};
    const is = isObject(after["properties"]) ? after["properties"] : {};
    const at = (name: string): string => (place === "" ? name : `${place}.${name}`);
    for (const [name, schema] of Object.entries(was)) {
      const now = Object.hasOwn(is, name) ? is[name] : undefined;
      if (now === undefined) this.note(at(name), true, "was removed");
      else if (isObject(schema) && isObject(now)) this.node(at(name), schema, now);
    }
    for (const name of Object.keys(is)) if (!Object.hasOwn(was, name)) this.note(at(name), false, "is new");
    const [wanted, wants] = [list(before["required"]), list(after["required"])];
    for (const name of wants) if (!wanted.includes(name)) this.note(at(name), true, "is required now");
    for (const name of wanted)
      if (!wants.includes(name) && Object.hasOwn(is, name)) this.note(at(name), false, "is no longer required");
  }

  private types(place: string, before: JsonObject, after: JsonObject): void {
    const [was, is] = [list(before["type"]), list(after["type"])];
    const lost = was.filter(
      (type) => is.length > 0 && !is.includes(type) && !(type === "integer" && is.includes("number")),
    );
    if (lost.length > 0) this.note(place, true, `may no longer be ${lost.join(" or ")}`);
    if (was.length === 0 && is.length > 0 && before["enum"] === undefined)
      this.note(place, true, `must be ${is.join(" or ")} now`);
    const won = is.filter((type) => was.length > 0 && !was.includes(type));
    if (won.length > 0) this.note(place, false, `may also be ${won.join(" or ")}`);
  }

  private values(place: string, before: JsonObject, after: JsonObject): void {
    const was = Array.isArray(before["enum"]) ? before["enum"] : undefined;
    const is = Array.isArray(after["enum"]) ? after["enum"] : undefined;
    if (is === undefined) return void (was && this.note(place, false, "may be any value now"));
    if (was === undefined) return this.note(place, true, `must be one of ${is.map(shown).join(", ")} now`);
    const lost = was.filter((value) => !is.includes(value));
    if (lost.length > 0) this.note(place, true, `may no longer be ${lost.map(shown).join(", ")}`);
    const won = is.filter((value) => !was.includes(value));
    if (won.length > 0) this.note(place, false, `may also be ${won.map(shown).join(", ")}`);
  }

  private bound(place: string, keyword: string, side: "lower" | "upper", was?: Json, is?: Json): void {
    if (was === is) return;
    const stricter = typeof is === "number" && (typeof was !== "number" || (side === "lower" ? is > was : is < was));
    this.note(place, stricter, `${keyword} is ${shown(is)}, was ${shown(was)}`);
  }

  private fixed(place: string, keyword: string, was?: Json, is?: Json): void {
    if (was === is) return;
    const breaks = is !== undefined && !(keyword === "pattern" && isAlternative(was, is));
    this.note(place, breaks, `${keyword} is ${shown(is)}, was ${shown(was)}`);
  }

  private classification(place: string, was?: Json, is?: Json): void {
    if (was === is) return;
    const rank = (value?: Json): number => PROTECTION[shown(value)] ?? -1;
    this.note(place, rank(is) <= rank(was), `is ${shown(is)}, was ${shown(was)}`);
  }

  private identifiers(before: JsonObject, after: JsonObject): void {
    const is = list(after["x-identifiers"]);
    for (const name of list(before["x-identifiers"]))
      if (!is.includes(name)) this.note(name, true, "no longer identifies the record");
  }

  private lifecycle(before?: Json, after?: Json): void {
    if (!isObject(before)) return;
    if (!isObject(after)) return this.note("", true, "has no lifecycle any more");
    const [was, is] = [before, after] as unknown as [LifecycleDefinition, LifecycleDefinition];
    if (was.field !== is.field) this.note("", true, `its state is in ${is.field}, was in ${was.field}`);
    for (const [state, { next }] of Object.entries(was.states)) {
      const now = Object.hasOwn(is.states, state) ? is.states[state] : undefined;
      if (now === undefined) {
        this.note(was.field, true, `the state ${state} was removed`);
        continue;
      }
      for (const to of next)
        if (!now.next.includes(to)) this.note(was.field, true, `may no longer go from ${state} to ${to}`);
      for (const to of now.next)
        if (!next.includes(to)) this.note(was.field, false, `may also go from ${state} to ${to}`);
    }
  }
}

/** Whether a pattern only took on alternatives: `^a$` became `^(a|b)$`. */
function isAlternative(was: Json | undefined, is: Json): boolean {
  if (typeof was !== "string" || typeof is !== "string") return false;
  return was.startsWith("^") && was.endsWith("$") && is.startsWith(`^(${was.slice(1, -1)}|`) && is.endsWith(")$");
}

/** What a `$ref` stands for; references of references too. A pack that compiles has no circle of nothing but references. */
function resolve(schema: JsonObject, schemas: Schemas, depth = 0): JsonObject {
  const reference = schema["$ref"];
  if (typeof reference !== "string" || depth > 10) return {};
  const name = /\$defs\/([A-Za-z0-9_]+)$/.exec(reference)?.[1] ?? "";
  const parts = schemas.get("common")?.["$defs"];
  const part = isObject(parts) && Object.hasOwn(parts, name) ? parts[name] : undefined;
  return isObject(part) ? { ...resolve(part, schemas, depth + 1), ...without(part, "$ref") } : {};
}

function without(schema: JsonObject, key: string): JsonObject {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== key));
}

function list(value?: Json): string[] {
  if (Array.isArray(value)) return value.map(shown);
  return typeof value === "string" ? [value] : [];
}

function shown(value?: Json): string {
  if (value === undefined) return "not set";
  return typeof value === "string" ? value : JSON.stringify(value);
}
