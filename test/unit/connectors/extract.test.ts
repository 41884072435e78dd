import fc from "fast-check";
import { compileExtract, compileFirst, compilePattern } from "../../../sidecar/connectors/extract";

describe("extracts", () => {
  const answer = {
    body: { data: { gid: "7" }, errors: [{ message: "due_on: not a date" }] },
    headers: { location: "/api/v1/employees/123" },
  };

  it("read a path or a header", () => {
    expect(compileExtract("data.gid")(answer)).toBe("7");
    expect(compileExtract({ header: "Location", pattern: "*/employees/{id}" })(answer)).toBe("123");
    expect(compileExtract("data.none")(answer)).toBeNull();
  });

  it("take the first that yields something", () => {
    expect(compileFirst(["none", { path: "errors.0.message", pattern: "{field}: *" }])(answer)).toBe("due_on");
  });

  it("never take the rest of a URL for an id", () => {
    const id = compilePattern("*/employees/{id}");
    expect(id("https://x.example/employees/employee.php?id=9")).toBeNull();
    expect(id("https://x.example/employees/9")).toBe("9");
    expect(compilePattern("*?id={id}")("https://x.example/employees/employee.php?id=9")).toBe("9");
  });

  it("find what was put between the literals", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]{1,12}$/), fc.string(), (id, before) => {
        expect(compilePattern('*"name":"{x}"*')(`${before.replaceAll('"', "")}"name":"${id}" and more`)).toBe(id);
      }),
    );
  });

  it("stay fast on hostile text", () => {
    const hostile = "/employees/".repeat(20_000);
    const begun = performance.now();
    compilePattern("*a*b*c*/employees/{id}")(hostile);
    expect(performance.now() - begun).toBeLessThan(1_000);
  });

  it("refuse a pattern without, or with two captures", () => {
    expect(() => compilePattern("*/x")).toThrow("exactly one");
    expect(() => compilePattern("{a}/{b}")).toThrow("exactly one");
  });
});
