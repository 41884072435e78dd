import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { FUNCTIONS } from "../../../sidecar/mapping/functions";
import { failureOf, runLines } from "./lines";

/** Function call, value, result. Every function of the closed list is here at least once; the last test checks that. */
const CASES: [string | [string, ...(string | number)[]], Json, Json][] = [
  ["trim", "  a b ", "a b"],
  ["lower", "ÉLAN", "élan"],
  ["upper", "élan", "ÉLAN"],
  ["string", 42, "42"],
  ["string", true, "true"],
  [["prefix", "No. "], 7, "No. 7"],
  [["suffix", " h"], 7.5, "7.5 h"],
  [["truncate", 3], "abcdef", "abc"],
  [["truncate", 3], "ab😀d", "ab"],
  [["replaceText", ".", "-"], "a.b.c", "a-b-c"],
  [["replaceText", "", "-"], "abc", "abc"],
  ["htmlToText", "<p>A &amp; B</p><p>C<br/>D&nbsp;&#233;</p><script>alert(1)</script>", "A & B\nC\nD é"],
  ["htmlToText", "a < b", "a"],
  ["textToHtml", 'a<b>&"\nc', "a&lt;b&gt;&amp;&quot;<br>c"],
  ["urlHost", "https://www.acme.example/en?x=1", "acme.example"],
  ["urlHost", "acme.example", "acme.example"],
  ["countryCode", " be ", "BE"],
  ["givenName", "Zoé van den Berg", "Zoé"],
  ["familyName", "Zoé van den Berg", "van den Berg"],
  ["familyName", "Kim", "Kim"],
  ["date", "2026-02-28T23:30:00Z", "2026-02-28"],
  ["datetime", "2026-02-28", "2026-02-28T00:00:00.000Z"],
  ["datetime", "2026-11-22T07:00:00Z", "2026-11-22T07:00:00.000Z"],
  ["datetime", "2026-11-22T07:00:00.123Z", "2026-11-22T07:00:00.123Z"],
  ["datetime", "2026-11-22T07:00:00+02:00", "2026-11-22T05:00:00.000Z"],
  ["date", "2028-02-29", "2028-02-29"],
  ["number", "12.50", 12.5],
  [["round", 2], 1.005, 1.01],
  [["round", 2], -1.005, -1.01],
  [["round", 2], 1e-9, 0],
  ["round", 0.1 + 0.2, 0],
  [["multiply", 60], 7.1, 426],
  [["decimals", 2], 1210, "1210.00"],
  ["isoHours", "PT1H30M", 1.5],
  ["isoHours", "P1DT36S", 24.01],
  ["reference", "hubspot:company,12", { id: "hubspot:company,12" }],
  ["boolean", "yes", true],
  ["boolean", 0, false],
  ["first", [null, "", "a", "b"], "a"],
  [["first", "gid"], [{ name: "no gid" }, { gid: "" }, null, "text", { gid: "12" }, { gid: "13" }], "12"],
  [["join", ", "], ["a", null, "", 2], "a, 2"],
  ["concat", ["a", "b"], "ab"],
  [["fill", "{2:2} {3} for {1}{4}"], ["INV/1", 1210, "EUR"], "1210.00 EUR for INV/1"],
  [["split", ";"], "a;b", ["a", "b"]],
  ["list", "a", ["a"]],
  [["lane", "res.partner"], 42, "res.partner,42"],
  ["reference", { id: 7, model: "res.partner", name: "Acme", vat: "BE1" }, { id: "res.partner,7", name: "Acme" }],
  [["externalRef", "company"], 123, "crm:company,123"],
  ["record", { id: "crm:company,123", name: "Acme" }, { $record: "crm:company,123" }],
  ["record", ["res.partner,7"], [{ $record: "res.partner,7" }]],
  [["find", "res.country", "code"], "BE", { $find: { model: "res.country", by: { code: "BE" } } }],
  [
    ["find", "res.country.state", "code,country_id.code"],
    ["VLG", "BE"],
    { $find: { model: "res.country.state", by: { code: "VLG", "country_id.code": "BE" } } },
  ],
];

/** Ends of a mapping in which a function exists. */
function endsFor(call: string | readonly unknown[]): JsonObject {
  const only = FUNCTIONS.get(String(Array.isArray(call) ? call[0] : call))?.only;
  if (only === "fromSystem") return { source: { type: "company" }, target: { object: "customer", version: 1 } };
  return only === "toOdoo" ? { target: { model: "res.partner" } } : {};
}

describe("the functions of the mapping language", () => {
  it.each(CASES)("%j of %j is %j", (call, value, expected) => {
    const { document } = runLines([{ to: "result", from: "value", apply: [call] }], { value }, {}, endsFor(call));
    expect(document).toStrictEqual({ result: expected });
  });

  it.each([...FUNCTIONS.keys()])("%s leaves an empty value untouched", (name) => {
    const fn = FUNCTIONS.get(name);
    const args = (fn?.arguments ?? []).map((argument) => (argument.type === "text" ? "x" : 1));
    const lines = [{ to: "result", from: "value", whenEmpty: "null" as const, apply: [[name, ...args] as [string]] }];
    expect(runLines(lines, { value: null }, {}, endsFor(name)).document).toStrictEqual({ result: null });
    expect(runLines(lines, {}, {}, endsFor(name)).document).toStrictEqual({});
  });

  it.each(["number", "date", "datetime"])(
    "%s takes an empty text for no value, as vendors write what was emptied",
    (name) => {
      const lines = [{ to: "result", from: "value", whenEmpty: "null" as const, apply: [name] }];
      expect(runLines(lines, { value: "" }).document).toStrictEqual({ result: null });
    },
  );

  it.each([
    ["number", "12,50"],
    ["number", []],
    ["date", "22/11/2026"],
    ["date", "2026-02-30"],
    ["datetime", "2026-02-28 noon"],
    ["date", "2026-13-01"],
    ["date", "2100-02-29"],
    ["datetime", "2026-02-28T25:00:00Z"],
    ["countryCode", "Belgium"],
    ["isoHours", "90 minutes"],
    ["boolean", "perhaps"],
    ["trim", { a: 1 }],
    ["reference", "res.partner,7"],
    [["lane", "res.partner"], "42"],
    [["join", ","], "text"],
  ] as [string | [string, string], Json][])("%j holds the delivery for %j and names the field", (call, value) => {
    expect(
      failureOf(() => runLines([{ to: "result", from: "amount", apply: [call] }], { amount: value })),
    ).toMatchObject({ kind: "data", field: "customer.amount" });
  });

  it("has no name for a person of no words, and no host for what is no address", () => {
    const lines = [
      { to: "a", from: "value", apply: ["familyName"], whenEmpty: "null" as const },
      { to: "b", from: "value", apply: ["urlHost"], whenEmpty: "null" as const },
    ];
    expect(runLines(lines, { value: "   " }).document).toStrictEqual({ a: null, b: null });
  });

  it("cannot be made to grow a text without bound", () => {
    const grow: [string, ...string[]] = ["replaceText", "a", "a".repeat(200)];
    const lines = [{ to: "result", from: "value", apply: [grow, grow, grow, grow] }];
    expect(failureOf(() => runLines(lines, { value: "aaaa" }))).toMatchObject({ code: "mapping_output_too_large" });
  });

  it("is tested here in full", () => {
    const tested = new Set(CASES.map(([call]) => (typeof call === "string" ? call : call[0])));
    expect([...FUNCTIONS.keys()].filter((name) => !tested.has(name))).toEqual([]);
  });
});
