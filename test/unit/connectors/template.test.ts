import { compileTemplate, compileText } from "../../../sidecar/connectors/template";
import type { Json } from "../../../sidecar/domain/json";

const render = (template: Json, scope: Record<string, Json> = {}): Json | undefined => compileTemplate(template)(scope);

describe("templates", () => {
  it("keep the JSON type of a value that is the whole text", () => {
    const doc = { amount: 12.5, open: false, tags: ["a"], none: null };
    expect(render({ a: "{doc.amount}", b: "{doc.open}", c: "{doc.tags}", d: "{doc.none}" }, { doc })).toEqual({
      a: 12.5,
      b: false,
      c: ["a"],
      d: null,
    });
  });

  it("put values into text", () => {
    expect(render("{doc.name} ({doc.number})", { doc: { name: "Acme", number: 7 } })).toBe("Acme (7)");
  });

  it("leave out what is optional and missing", () => {
    expect(render({ a: "{doc.x?}", b: "-{doc.x?}-", c: ["{doc.x?}", 1] }, { doc: {} })).toEqual({ b: "--", c: [1] });
  });

  it("say which value is missing when it is not optional", () => {
    expect(() => render("{doc.name}", { doc: {} })).toThrow("doc.name has no value");
  });

  it("step into lists", () => {
    const doc = { lines: [{ sku: "A" }, { sku: "B" }] };
    expect(render("{doc.lines.1.sku}{doc.lines.-1.sku}", { doc })).toBe("BB");
  });

  it("encode what goes into a path", () => {
    expect(compileText("/x/{key}", encodeURIComponent)({ key: "a/../b?c" })).toBe("/x/a%2F..%2Fb%3Fc");
  });

  it("never reach the prototype (SEC-14)", () => {
    for (const path of ["doc.__proto__", "doc.constructor", "doc.toString"]) {
      expect(() => render(`{${path}}`, { doc: {} })).toThrow("has no value");
    }
    const merged = render({ $merge: ["{doc}"] }, { doc: JSON.parse('{"__proto__": {"admin": true}}') as Json });
    expect(({} as Record<string, unknown>)["admin"]).toBeUndefined();
    expect(Object.keys(merged as object)).toEqual(["__proto__"]);
  });

  it("merge, join and omit", () => {
    const doc = { a: 1, b: 2, notes: "" };
    expect(render({ $merge: ["{doc}", { b: 3 }, "{doc.none?}"] }, { doc })).toEqual({ a: 1, b: 3, notes: "" });
    expect(render({ $join: ["{doc.notes?}", "{doc.none?}", "end"], with: "\n" }, { doc })).toBe("end");
    expect(render({ $omit: ["a"], from: "{doc}" }, { doc })).toEqual({ b: 2, notes: "" });
  });

  it("name properties", () => {
    expect(render({ "{connection.key}": "{key}" }, { connection: { key: "ref" }, key: "k" })).toEqual({ ref: "k" });
  });

  it("quote for query languages", () => {
    const scope = { doc: { name: `O'Neil "x"` }, key: "res.partner,42" };
    expect(render("name eq '{doc.name|doubled}'", scope)).toBe(`name eq 'O''Neil "x"'`);
    expect(render('name ~ "{doc.name|escaped}"', scope)).toBe(`name ~ "O\\'Neil \\"x\\""`);
    expect(render("{key|slug}", scope)).toBe("res.partner-42");
  });

  it.each(["{doc.name", "{}", "{doc..x}", "{doc.x|upper}", "{1+1}x{", "{doc.x y}"])("refuse %s", (template) => {
    expect(() => compileTemplate(template)).toThrow("template");
  });

  it("write braces as doubled braces", () => {
    expect(render("{{{key}}}", { key: "k" })).toBe("{k}");
  });
});
