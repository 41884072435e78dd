import type { Json, JsonObject } from "../domain/json";
import { compileCondition, type Test } from "./condition";
import type { AlsoDefinition, NamedDefinition } from "./definition-incoming";
import { asText, parsePath, readPath } from "./json-path";
import { compileTemplate, type Scope } from "./template";

/** What is wanted of an answer; null where it is not there. */
export type Shape = (body: Json | undefined, scope: Scope) => Json;

/** Compiles how an answer is made into what stands in the record: taken out, picked from a list, named, completed. */
export function compileShape(also: Pick<AlsoDefinition, "result" | "match" | "named" | "with">): Shape {
  const steps = parsePath(also.result ?? "");
  const match = also.match ? compileCondition(also.match) : null;
  const named = also.named ? compileNamed(also.named) : null;
  const more = also.with === undefined ? null : compileTemplate(also.with);
  return (body, scope) => {
    const wanted = readPath(body, steps) ?? null;
    const one = match ? matching(match, Array.isArray(wanted) ? wanted : [], scope) : wanted;
    const shaped = named ? named(one) : one;
    return more && isObject(shaped) ? { ...shaped, ...objectOf(more(scope)) } : shaped;
  };
}

/** The first of a list that a condition holds for; null where it holds for none. */
export function matching(match: Test, list: readonly Json[], scope: Scope): Json {
  return list.find((item) => match({ body: item, headers: {} }, scope)) ?? null;
}

/** Form fields and the like, `[{name, value}, …]`, by their names; numbered names become lists, in the order of their numbers. */
function compileNamed(named: NamedDefinition): (value: Json) => JsonObject {
  const [nameAt, valueAt] = [parsePath(named.name), parsePath(named.value)];
  const numbered = (named.lists ?? []).map((list) => ({ list, pattern: new RegExp(`^${list}_([0-9]{1,4})_(.+)$`) }));
  return (value) => {
    const plain: [string, Json][] = [];
    const lists = new Map(numbered.map(({ list }) => [list, new Map<string, [string, Json][]>()]));
    for (const item of Array.isArray(value) ? value : []) {
      const name = asText(readPath(item, nameAt));
      if (name === null) continue;
      const content = readPath(item, valueAt) ?? null;
      const found = numbered
        .map(({ list, pattern }) => ({ list, parts: pattern.exec(name) }))
        .find(({ parts }) => parts);
      const [, key = "", field = ""] = found?.parts ?? [];
      if (!found) plain.push([name, content]);
      else {
        const items = lists.get(found.list);
        items?.set(key, [...(items.get(key) ?? []), [field, content]]);
      }
    }
    const made = [...lists].map(([list, items]): [string, Json] => [
      list,
      [...items]
        .sort(([a], [b]) => Number(a) - Number(b))
        .map(([key, entries]) => Object.fromEntries([["key", key], ...entries])),
    ]);
    return Object.fromEntries([...plain, ...made]);
  };
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
