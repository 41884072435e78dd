import type { MappingLine } from "../../../sidecar/mapping/definition";
import type { PackProblem } from "../../../sidecar/mapping/registry";
import { compileMapping, MappingPackError } from "../../../sidecar/mapping/registry";
import { compiled } from "./lines";

/** The problems that compiling reports. */
function problemsOf(act: () => unknown): readonly PackProblem[] {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof MappingPackError) return thrown.problems;
    throw thrown;
  }
  return [];
}

const refuses = (line: unknown): readonly PackProblem[] => problemsOf(() => compiled([line as MappingLine]));

describe("a mapping that is not sound is refused with place, reason and fix (MAP-03)", () => {
  it.each([
    ["a path to the prototype", { to: "__proto__.polluted", const: 1 }, "lines[0].to", '"__proto__" is not allowed'],
    ["reading the constructor", { to: "a", from: "constructor.name" }, "lines[0].from", '"constructor" is not allowed'],
    ["a prototype in a list of paths", { to: "a", from: ["b", "x.prototype"] }, "lines[0].from[1]", '"prototype"'],
    ["a prototype in a link", { to: "a", link: { type: "t", from: "__proto__" } }, "lines[0].link.from", '"__proto__"'],
    [
      "a prototype in each",
      { to: "a", each: "__proto__", lines: [{ to: "b", const: 1 }] },
      "lines[0].each",
      '"__proto__"',
    ],
    [
      "a prototype in a condition",
      { to: "a", const: 1, when: { from: "__proto__", equals: 1 } },
      "lines[0].when.from",
      '"__proto__"',
    ],
    ["an empty segment", { to: "a..b", const: 1 }, "lines[0].to", "empty segment"],
    ["an unknown key", { to: "a", eval: "1" }, "lines[0]", 'unknown key "eval"'],
    ["an unknown function", { to: "a", from: "b", apply: ["exec"] }, "lines[0].apply[0]", 'no function "exec"'],
    [
      "a function by a name every object has",
      { to: "a", from: "b", apply: ["toString"] },
      "lines[0].apply[0]",
      "no function",
    ],
    ["a missing argument", { to: "a", from: "b", apply: ["join"] }, "lines[0].apply[0]", "needs 1 argument"],
    [
      "a wrong argument",
      { to: "a", from: "b", apply: [["truncate", "x"]] },
      "lines[0].apply[0]",
      "must be a whole number",
    ],
    [
      "an unknown table",
      { to: "a", from: "b", lookup: { table: "planets" } },
      "lines[0].lookup.table",
      'no table "planets"',
    ],
    [
      "a default that is not there",
      { to: "a", from: "b", lookup: { table: {}, unknown: "default" } },
      "lines[0].lookup.unknown",
      "there is none",
    ],
    ["no source", { to: "a" }, "lines[0]", "exactly one of from, const, link and each"],
    ["two sources", { to: "a", from: "b", const: 1 }, "lines[0]", "exactly one of"],
    ["lines without each", { to: "a", from: "b", lines: [{ to: "c", const: 1 }] }, "lines[0]", "belong to each"],
    ["each without lines", { to: "a", each: "b" }, "lines[0]", "each needs lines"],
    [
      "functions on each",
      { to: "a", each: "b", apply: ["trim"], lines: [{ to: "c", const: 1 }] },
      "lines[0].apply",
      "does not go with each",
    ],
    [
      "two comparisons",
      { to: "a", const: 1, when: { from: "b", equals: 1, in: [1] } },
      "lines[0].when",
      "exactly one comparison",
    ],
    ["a condition without a path", { to: "a", const: 1, when: { equals: 1 } }, "lines[0].when", "needs from"],
    [
      "all beside a comparison",
      { to: "a", const: 1, when: { from: "b", equals: 1, all: [{ from: "b", equals: 1 }] } },
      "lines[0].when",
      "either",
    ],
    [
      "an argument too long",
      { to: "a", from: "b", apply: [["prefix", "x".repeat(201)]] },
      "lines[0].apply[0][1]",
      "more than 200",
    ],
  ])("%s", (_, line, path, reason) => {
    const [problem] = refuses(line);
    expect(problem).toMatchObject({
      file: "systems/crm/mappings/customer.json",
      path,
      reason: expect.stringContaining(reason) as unknown,
    });
    expect(problem?.fix).toMatch(/\w+/);
  });

  it("a target written twice, unless the later line has a condition", () => {
    const twice = [
      { to: "a", const: 1 },
      { to: "a", const: 2 },
    ];
    expect(problemsOf(() => compiled(twice))).toEqual([expect.objectContaining({ path: "lines[1].to" })]);
  });

  it("a target that is a value in one line and an object in another", () => {
    const both = [
      { to: "a", const: 1 },
      { to: "a.b", const: 2 },
    ];
    expect(problemsOf(() => compiled(both))).toEqual([expect.objectContaining({ path: "lines[1].to" })]);
  });

  it("lists and conditions nested without end", () => {
    let line: MappingLine = { to: "a", const: 1 };
    for (let depth = 0; depth < 6; depth += 1) line = { to: "a", each: "b", lines: [line] };
    expect(problemsOf(() => compiled([line]))).toEqual([
      expect.objectContaining({ reason: "lists are nested more than 4 deep" }),
    ]);
    let when: NonNullable<MappingLine["when"]> = { from: "a", equals: 1 };
    for (let depth = 0; depth < 9; depth += 1) when = { not: when };
    expect(problemsOf(() => compiled([{ to: "a", const: 1, when }]))).toEqual([
      expect.objectContaining({ reason: "conditions are nested too deeply" }),
    ]);
  });

  it("more lines than the bound", () => {
    const lines = Array.from({ length: 501 }, (_, i) => ({ to: `a${i}`, const: i }));
    expect(problemsOf(() => compiled(lines))).toEqual([
      expect.objectContaining({ reason: "there are more than 500 lines" }),
    ]);
  });

  it("reports all problems, not only the first", () => {
    const problems = problemsOf(() =>
      compiled([
        { to: "a", from: "b", apply: ["exec"] },
        { to: "c", from: "d", lookup: { table: "planets" } },
      ]),
    );
    expect(problems.map(({ path }) => path)).toEqual(["lines[0].apply[0]", "lines[1].lookup.table"]);
  });

  it("links in an Odoo mapping: a canonical object knows no system", () => {
    const definition = {
      title: "Test",
      version: 1,
      source: { model: "res.partner" },
      target: { object: "customer", version: 1 },
      lines: [{ to: "id", link: { type: "company", from: "id" } }],
    };
    expect(problemsOf(() => compileMapping(definition, { file: "odoo/customer.json" }))).toEqual([
      expect.objectContaining({ path: "lines[0].link" }),
    ]);
  });

  it.each([[null], ["text"], [[]], [{}]])("%j as a whole file", (definition) => {
    expect(problemsOf(() => compileMapping(definition, { file: "odoo/customer.json" })).length).toBeGreaterThan(0);
  });
});
