import fc from "fast-check";
import { isHubError } from "../../../sidecar/domain/errors";
import type { JsonObject } from "../../../sidecar/domain/json";
import type { Condition, MappingLine } from "../../../sidecar/mapping/definition";
import { FUNCTIONS } from "../../../sidecar/mapping/functions";
import { LIMITS } from "../../../sidecar/mapping/limits";
import { linkedLanes, MappingPackError, run, sourcePaths } from "../../../sidecar/mapping/registry";
import { compiled, failureOf } from "./lines";

const HOSTILE = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "valueOf", "length", "0"];
const names = fc.oneof(
  { weight: 15, arbitrary: fc.constantFrom("a", "b", "c", "d", "e", "list", "name", "id") },
  { weight: 1, arbitrary: fc.constantFrom(...HOSTILE) },
);
const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("."));
const scalars = fc.oneof(fc.string({ maxLength: 12 }), fc.integer(), fc.double(), fc.boolean(), fc.constant(null));

const comparisons: fc.Arbitrary<Condition> = fc.oneof(
  fc.record({ from: paths, equals: scalars }),
  fc.record({ from: paths, in: fc.array(scalars, { maxLength: 3 }) }),
  fc.record({ from: paths, empty: fc.boolean() }),
  fc.record({ from: paths, gt: fc.integer() }),
  fc.record({ from: paths, sameAs: paths }),
);
const conditions = fc.oneof(
  comparisons,
  fc.record({ all: fc.array(comparisons, { minLength: 1, maxLength: 3 }) }),
  fc.record({ not: comparisons }),
);

/** A call that compiles: right number and type of arguments, hostile texts among them. */
const calls = fc
  .constantFrom(...FUNCTIONS.entries())
  .chain(([name, fn]) =>
    fc
      .tuple(
        ...fn.arguments.map((argument) =>
          argument.type === "text" ? fc.oneof(fc.string({ maxLength: 20 }), names) : fc.integer({ min: -3, max: 20 }),
        ),
      )
      .map((args) => (args.length === 0 ? name : ([name, ...args] as [string, ...(string | number)[]]))),
  );

const { line } = fc.letrec<{ line: MappingLine }>((tie) => ({
  line: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.record(
      {
        to: paths,
        from: fc.oneof(paths, fc.array(paths, { minLength: 1, maxLength: 3 })),
        when: conditions,
        apply: fc.array(calls, { minLength: 1, maxLength: 4 }),
        lookup: fc.record({
          table: fc.dictionary(fc.string({ maxLength: 5 }), scalars),
          unknown: fc.constantFrom("hold" as const, "pass" as const, "omit" as const),
        }),
        default: scalars,
        required: fc.boolean(),
        append: fc.boolean(),
        whenEmpty: fc.constantFrom("omit" as const, "null" as const, "blank" as const),
      },
      { requiredKeys: ["to", "from"] },
    ),
    fc.record({ to: paths, const: fc.jsonValue().map((value) => value as string) }),
    fc.record({ to: paths, link: fc.record({ type: names, from: paths }) }),
    fc.record({ to: paths, each: paths, lines: fc.array(tie("line"), { minLength: 1, maxLength: 3 }) }),
  ),
}));

const documents = fc
  .object({
    key: names,
    maxDepth: 4,
    maxKeys: 6,
    values: [scalars, fc.constant("<p>&amp;</p>"), fc.constant("res.partner,1")],
  })
  .map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);

/** Whether a value came from somewhere else than the input: what objects have by birth are functions. */
function holdsCode(value: unknown): boolean {
  if (typeof value === "function") return true;
  return typeof value === "object" && value !== null && Object.values(value).some(holdsCode);
}

describe("any mapping over any document", () => {
  it("ends with a bounded document or a data failure that names its field, and touches no prototype", () => {
    let ran = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), documents, (lines, input) => {
        const before = Object.getOwnPropertyNames(Object.prototype).join();
        const given = JSON.stringify(input);
        try {
          const mapping = compiled(lines);
          ran += 1;
          linkedLanes(mapping, input);
          expect(sourcePaths(mapping).every((path) => typeof path === "string")).toBe(true);
          const { document } = run(mapping, input, { link: (lane) => (lane.endsWith("1") ? "id" : undefined) });
          expect(JSON.stringify(document).length).toBeLessThan(LIMITS.textLength * 10);
          expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
          expect(holdsCode(document)).toBe(false);
        } catch (thrown) {
          if (thrown instanceof MappingPackError)
            return expect(
              thrown.problems.every(({ path, reason, fix }) => path !== "" && reason !== "" && fix !== ""),
            ).toBe(true);
          if (!isHubError(thrown)) throw thrown;
          expect(thrown.failure).toMatchObject({
            kind: "data",
            field: expect.stringMatching(/^customer\.|^systems\/crm\/mappings\/customer\.json#/) as unknown,
          });
        }
        expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
        expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
        expect(JSON.stringify(input)).toBe(given);
      }),
      { numRuns: 2_000 },
    );
    // Had every mapping been refused, nothing would have been shown.
    expect(ran).toBeGreaterThan(200);
  });

  it("gives the same result every time", () => {
    fc.assert(
      fc.property(line, documents, (one, input) => {
        const attempt = (): unknown => {
          try {
            return run(compiled([one]), input, { link: () => "id" });
          } catch (thrown) {
            return String(thrown);
          }
        };
        expect(attempt()).toEqual(attempt());
      }),
      { numRuns: 500 },
    );
  });

  it("finds nothing by a name that objects, lists and texts have by birth", () => {
    const born = [{}, [], "", 0, true].flatMap((value) =>
      Object.getOwnPropertyNames(Object.getPrototypeOf(value) as object),
    );
    const usable = [...new Set(born)].filter((name) => !["__proto__", "constructor", "prototype"].includes(name));
    const inputs = [{}, { a: [] }, { a: "text" }, { a: 1 }, { a: {} }] as JsonObject[];
    for (const name of usable) {
      for (const from of [name, `a.${name}`, `a.b.${name}`, `a.${name}.b`]) {
        const mapping = compiled([{ to: "x", from }]);
        for (const input of inputs) expect(run(mapping, input, { link: () => undefined }).document).toEqual({});
      }
    }
  });

  it("refuses whatever is not a mapping", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (anything) => {
        expect(() => compiled([anything as unknown as MappingLine])).toThrow(MappingPackError);
      }),
      { numRuns: 500 },
    );
  });

  it("stops before a document grows past the bound", () => {
    const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, i]));
    const lines = Array.from({ length: 100 }, (_, i) => ({ to: `t${i}`, from: "wide" }));
    expect(failureOf(() => run(compiled(lines), { wide }, { link: () => undefined }))).toMatchObject({
      code: "mapping_output_too_large",
    });
  });
});
