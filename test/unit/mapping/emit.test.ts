import fc from "fast-check";
import { isHubError } from "../../../sidecar/domain/errors";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { compileCondition } from "../../../sidecar/mapping/conditions";
import type { MappingLine, WhenEmpty } from "../../../sidecar/mapping/definition";
import { emit } from "../../../sidecar/mapping/emit";
import { MappingPackError, run } from "../../../sidecar/mapping/registry";
import { compiled } from "./lines";

const HOSTILE = [
  '"];process.exit(1)//',
  "`${process.exit(1)}`",
  "\u2028",
  "*/",
  "r0",
  "input",
  "__proto__",
  "toString",
];
const anyName = fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ minLength: 1, maxLength: 8 }));
// Few, so that lines meet in one target and find something in the input.
const fewNames = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("a", "b") },
  { weight: 1, arbitrary: fc.constantFrom("c", "toString", "0") },
);
const values = fc.constantFrom<Json>(null, "", "x", 0, 1, true, false, { a: 1, b: null }, [{ a: "y" }, { b: "" }], [1]);

function linesOf(name: fc.Arbitrary<string>): fc.Arbitrary<MappingLine> {
  const path = fc.array(name, { minLength: 1, maxLength: 3, size: "small" }).map((parts) => parts.join("."));
  const when = fc.record({
    // What is never there equals null: a condition that holds.
    from: fc.oneof(path, fc.constant("never")),
    equals: fc.constantFrom("x", null, null),
  }) as fc.Arbitrary<NonNullable<MappingLine["when"]>>;
  const common = { to: path, when, required: fc.boolean(), append: fc.boolean() };
  const whenEmpty = fc.constantFrom<WhenEmpty>("omit", "null", "blank");
  const { line } = fc.letrec<{ line: MappingLine }>((tie) => ({
    line: fc.oneof(
      { depthSize: "small" },
      fc.record({ ...common, from: path, whenEmpty, default: fc.string() }, { requiredKeys: ["to", "from"] }),
      fc.record({ ...common, from: fc.array(path, { minLength: 1, maxLength: 2 }) }, { requiredKeys: ["to", "from"] }),
      fc.record({ ...common, const: fc.oneof(fc.string(), fc.integer()) }, { requiredKeys: ["to", "const"] }),
      fc.record(
        { to: path, when, where: when, each: path, lines: fc.array(tie("line"), { minLength: 1, maxLength: 3 }) },
        { requiredKeys: ["to", "each", "lines"] },
      ),
    ),
  }));
  return line;
}

const EMPTYING: MappingLine[] = [
  { to: "x", from: "a" },
  { to: "x", from: "b", whenEmpty: "null", when: { from: "never", equals: null } },
];

/** A mapping runs as one function made for it (MAP-03). */
describe("the function of a mapping", () => {
  it("is made of fixed text and numbers: no text of a mapping becomes program text (SEC-07)", () => {
    const vocabulary =
      /^(?:const|let|if|else|for|continue|throw|return|typeof|undefined|null|object|isObject|countWritten|full|appended|notList|notRecord|help|input|state|written|indices|length|push|Array|isArray|key|values|\$lines|[ronvwlsix]\d*)$/;
    let looked = 0;
    fc.assert(
      fc.property(fc.array(linesOf(anyName), { minLength: 1, maxLength: 5 }), (lines) => {
        const plan = planOf(lines);
        if (plan === null) return;
        looked += 1;
        const { source } = emit(plan);
        expect(source).toMatch(/^[\x20-\x7e\n]*$/);
        expect([...source.matchAll(/"([^"]*)"/g)].filter(([, text]) => text !== "" && text !== "object")).toEqual([]);
        expect(source).not.toMatch(/['`\\]|\/\/|\/\*/);
        for (const [word] of source.matchAll(/[A-Za-z_$][\w$]*/g)) expect(word).toMatch(vocabulary);
      }),
      { numRuns: 800 },
    );
    expect(looked).toBeGreaterThan(80);
  });

  it("makes what the lines say, one after another", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(linesOf(fewNames), { minLength: 1, maxLength: 5 }),
        fc.dictionary(fewNames, fc.oneof(values, fc.dictionary(fewNames, values))),
        (lines, given) => {
          if (planOf(lines) === null) return;
          compared += 1;
          const input = JSON.parse(JSON.stringify(given)) as JsonObject;
          const outcome = ended(() => run(compiled(lines), input, { link: () => undefined }).document);
          expect(outcome).toEqual(ended(() => made(lines, input)));
        },
      ),
      // An empty value that takes the place of another is hardly ever met by chance.
      { numRuns: 1_500, examples: [[EMPTYING, { a: 1, b: null }]] },
    );
    expect(compared).toBeGreaterThan(500);
  });
});

function planOf(lines: MappingLine[]): ReturnType<typeof compiled>["plan"] | null {
  try {
    return compiled(lines).plan;
  } catch (thrown) {
    if (thrown instanceof MappingPackError) return null;
    throw thrown;
  }
}

class Refused extends Error {}

function ended(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    if (isHubError(thrown) || thrown instanceof Refused) return "refused";
    throw thrown;
  }
}

/** The language as docs/mappings.md tells it, read line by line. */
function made(lines: readonly MappingLine[], input: JsonObject): JsonObject {
  const document: JsonObject = {};
  for (const line of lines) {
    if (line.when && !compileCondition(line.when, () => undefined)(input)) continue;
    const value = line.each === undefined ? valueOf(line, input) : itemsOf(line, line.each, input);
    if (value !== undefined) put(document, line.to.split("."), value, line.append === true);
  }
  return document;
}

function valueOf(line: MappingLine, input: JsonObject): Json | undefined {
  let value = line.const ?? sourceOf(line, input);
  if (isEmpty(value) && line.default !== undefined) value = line.default;
  if (!isEmpty(value)) return value;
  if (line.required === true) throw new Refused();
  if (value === undefined || line.append === true) return undefined;
  return { omit: undefined, null: null, blank: "" }[line.whenEmpty ?? "omit"];
}

function sourceOf(line: MappingLine, input: JsonObject): Json | undefined {
  if (!Array.isArray(line.from)) return read(input, line.from ?? "");
  const found = line.from.map((path) => read(input, path));
  return found.every((value) => value === undefined) ? undefined : found.map((value) => value ?? null);
}

function itemsOf(line: MappingLine, each: string, input: JsonObject): Json[] | undefined {
  const list = read(input, each);
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list)) throw new Refused();
  return list.flatMap((item) => {
    if (!isPlain(item)) throw new Refused();
    if (line.where && !compileCondition(line.where, () => undefined)(item)) return [];
    return [made(line.lines ?? [], item)];
  });
}

function read(input: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = input;
  for (const name of path.split(".")) {
    if (value === null) return null;
    if (!isPlain(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

function put(document: JsonObject, [name = "", ...inner]: string[], value: Json, append: boolean): void {
  const there = Object.hasOwn(document, name) ? document[name] : undefined;
  let next = value;
  if (inner.length > 0) {
    next = isPlain(there) ? there : {};
    put(next, inner, value, append);
  } else if (append) next = Array.isArray(there) ? [...there, value] : [value];
  Object.defineProperty(document, name, { value: next, enumerable: true, writable: true, configurable: true });
}

const isEmpty = (value: Json | undefined): boolean => value === undefined || value === null || value === "";
const isPlain = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
