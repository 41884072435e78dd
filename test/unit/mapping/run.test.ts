import { linkedLanes, run, sourcePaths } from "../../../sidecar/mapping/registry";
import { compiled, failureOf, runLines } from "./lines";

describe("a line without conditions (MAP-02)", () => {
  it("copies a value from a dotted path to a dotted path", () => {
    const { document } = runLines([{ to: "properties.city", from: "address.city" }], { address: { city: "Gent" } });
    expect(document).toStrictEqual({ properties: { city: "Gent" } });
  });

  it("leaves the target out when the source is absent, and the object around it too", () => {
    expect(runLines([{ to: "properties.city", from: "address.city" }], {}).document).toStrictEqual({});
  });

  it("keeps zero and false: they are values, not empty", () => {
    const { document } = runLines(
      [
        { to: "amount", from: "amount" },
        { to: "active", from: "active" },
      ],
      { amount: 0, active: false },
    );
    expect(document).toStrictEqual({ amount: 0, active: false });
  });

  it("writes a constant", () => {
    expect(runLines([{ to: "pipeline", const: "default" }], {}).document).toStrictEqual({ pipeline: "default" });
  });

  it("reads what is behind an empty reference as empty, not as absent", () => {
    const lines = [{ to: "country", from: "country.code", whenEmpty: "null" as const }];
    expect(runLines(lines, { country: null }).document).toStrictEqual({ country: null });
    expect(runLines(lines, {}).document).toStrictEqual({});
  });
});

describe("an empty source", () => {
  it.each([
    ["omit", {}],
    ["null", { phone: null }],
    ["blank", { phone: "" }],
  ] as const)("with whenEmpty %s", (whenEmpty, expected) => {
    expect(runLines([{ to: "phone", from: "phone", whenEmpty }], { phone: null }).document).toStrictEqual(expected);
    expect(runLines([{ to: "phone", from: "phone", whenEmpty }], { phone: "" }).document).toStrictEqual(expected);
  });

  it("follows the file's own setting, which a line overrides", () => {
    const mapping = compiled(
      [
        { to: "phone", from: "phone" },
        { to: "email", from: "email", whenEmpty: "omit" },
      ],
      { whenEmpty: "blank" },
    );
    const input = { phone: null, email: null };
    expect(run(mapping, input, { link: () => undefined }).document).toStrictEqual({ phone: "" });
  });

  it("takes the default, also when absent", () => {
    const lines = [{ to: "stage", from: "stage", default: "new" }];
    expect(runLines(lines, { stage: null }).document).toStrictEqual({ stage: "new" });
    expect(runLines(lines, {}).document).toStrictEqual({ stage: "new" });
  });

  it("of a required line holds the delivery and names the field", () => {
    expect(failureOf(() => runLines([{ to: "name", from: "name", required: true }], { name: "" }))).toMatchObject({
      kind: "data",
      code: "mapping_required_missing",
      field: "customer.name",
      message: "Customer: name is missing.",
    });
  });
});

describe("a lookup (MAP-05)", () => {
  it("translates by a table of the mapping or by a named one", () => {
    const lines = [
      { to: "stage", from: "stage", lookup: { table: { New: "open" } } },
      { to: "country", from: "country", lookup: { table: "countries" } },
    ];
    expect(runLines(lines, { stage: "New", country: "BE" }).document).toStrictEqual({
      stage: "open",
      country: "Belgium",
    });
  });

  it("holds a value it does not know; table and value are the place, so that all who wait for it have one cause", () => {
    const lines = [{ to: "country", from: "country", lookup: { table: "countries" } }];
    expect(failureOf(() => runLines(lines, { country: "XX" }))).toMatchObject({
      kind: "data",
      code: "value_unknown",
      field: "systems/crm/tables/countries.json#XX",
      message: "Customer: country: “XX” is not in the table “Country names”.",
      hint: expect.stringContaining("Add “XX” to the table “Country names”") as string,
    });
  });

  it("names the mapping as the place when the table stands in it", () => {
    const lines = [{ to: "stage", from: "stage", lookup: { table: { New: "open" } } }];
    const failure = failureOf(() => runLines(lines, { stage: 7 }));
    expect(failure).toMatchObject({ code: "value_unknown", field: "systems/crm/mappings/customer.json#7" });
  });

  it.each([
    ["pass", { stage: "Other" }],
    ["omit", {}],
    ["default", { stage: "new" }],
  ] as const)("with unknown values to %s", (unknown, expected) => {
    const line = { to: "stage", from: "stage", lookup: { table: { New: "open" }, unknown } };
    const lines = [unknown === "default" ? { ...line, default: "new" } : line];
    expect(runLines(lines, { stage: "Other" }).document).toStrictEqual(expected);
  });

  it("knows nothing of names every JavaScript object has", () => {
    const lines = [{ to: "stage", from: "stage", lookup: { table: {}, unknown: "pass" as const } }];
    expect(runLines(lines, { stage: "toString" }).document).toStrictEqual({ stage: "toString" });
  });
});

describe("a condition", () => {
  it.each([
    [{ from: "n", equals: 1 }, { n: 1 }, true],
    [{ from: "n", equals: null }, {}, true],
    [{ from: "n", notEquals: 1 }, { n: 2 }, true],
    [{ from: "s", in: ["a", "b"] }, { s: "b" }, true],
    [{ from: "s", in: ["a", "b"] }, {}, false],
    [{ from: "s", notIn: ["a"] }, { s: "a" }, false],
    [{ from: "s", exists: true }, { s: null }, true],
    [{ from: "s", exists: false }, {}, true],
    [{ from: "s", empty: true }, { s: "" }, true],
    [{ from: "s", empty: false }, { s: "x" }, true],
    [{ from: "n", gt: 1 }, { n: 2 }, true],
    [{ from: "n", gte: 2 }, { n: 2 }, true],
    [{ from: "n", lt: 1 }, { n: "0" }, false],
    [{ from: "d", lte: "2026-01-02" }, { d: "2026-01-01" }, true],
    [{ from: "a", sameAs: "b" }, { a: "x", b: "x" }, true],
    [
      {
        all: [
          { from: "a", equals: 1 },
          { from: "b", equals: 1 },
        ],
      },
      { a: 1 },
      false,
    ],
    [
      {
        any: [
          { from: "a", equals: 1 },
          { from: "b", equals: 1 },
        ],
      },
      { a: 1 },
      true,
    ],
    [{ not: { from: "a", equals: 1 } }, { a: 1 }, false],
  ])("%j over %j holds: %s", (when, input, holds) => {
    expect(runLines([{ to: "yes", const: true, when }], input).document).toStrictEqual(holds ? { yes: true } : {});
  });

  it("lets a later line take over an earlier one", () => {
    const lines = [
      { to: "stage", const: "open" },
      { to: "stage", const: "won", when: { from: "status", equals: "won" } },
    ];
    expect(runLines(lines, { status: "won" }).document).toStrictEqual({ stage: "won" });
    expect(runLines(lines, { status: "lost" }).document).toStrictEqual({ stage: "open" });
  });
});

describe("each", () => {
  const lines = [
    {
      to: "items",
      each: "lines",
      where: { from: "kind", equals: "product" },
      lines: [
        { to: "name", from: "name", required: true },
        { to: "price.amount", from: "price" },
      ],
    },
  ];

  it("makes one item of each that it takes", () => {
    const input = {
      lines: [
        { kind: "note", name: "n" },
        { kind: "product", name: "a", price: 0 },
      ],
    };
    expect(runLines(lines, input).document).toStrictEqual({ items: [{ name: "a", price: { amount: 0 } }] });
  });

  it("goes through an object whose names are data, in the order of the names", () => {
    const each = [
      {
        to: "days",
        each: "dates",
        entries: true as const,
        lines: [
          { to: "on", from: "key" },
          { to: "n", from: "value" },
        ],
      },
    ];
    expect(runLines(each, { dates: { "2026-12-24": 0.5, "2026-12-23": 1 } }).document).toStrictEqual({
      days: [
        { on: "2026-12-23", n: 1 },
        { on: "2026-12-24", n: 0.5 },
      ],
    });
    // What PHP makes of an empty object.
    for (const dates of [[], null]) expect(runLines(each, { dates }).document).toStrictEqual({});
    expect(runLines(each, { dates: {} }).document).toStrictEqual({ days: [] });
    expect(failureOf(() => runLines(each, { dates: "text" }))).toMatchObject({ code: "mapping_value_unusable" });
  });

  it("keeps an empty list, and leaves an absent one out", () => {
    expect(runLines(lines, { lines: [] }).document).toStrictEqual({ items: [] });
    expect(runLines(lines, {}).document).toStrictEqual({});
  });

  it("names the item in a failure by its position", () => {
    const input = {
      lines: [
        { kind: "product", name: "a" },
        { kind: "product", name: null },
      ],
    };
    expect(failureOf(() => runLines(lines, input))).toMatchObject({
      field: "customer.lines[1].name",
      message: "Customer: lines 2, name is missing.",
    });
  });

  it.each([[{ lines: "text" }], [{ lines: [1] }]])("holds %j: that is no list of records", (input) => {
    expect(failureOf(() => runLines(lines, input))).toMatchObject({ kind: "data", code: "mapping_value_unusable" });
  });
});

describe("a link (MAP-04)", () => {
  const lines = [
    { to: "company", link: { type: "company", from: "parent.id" } },
    { to: "deal", link: { type: "deal", from: "deal.id", optional: true } },
    {
      to: "people",
      each: "people",
      where: { from: "active", equals: true },
      lines: [{ to: "id", link: { type: "contact", from: "id" } }],
    },
  ];
  const input = {
    parent: { id: "res.partner,7" },
    deal: { id: "crm.lead,5" },
    people: [
      { id: "res.partner,8", active: true },
      { id: "res.partner,9", active: false },
    ],
  };

  it("becomes the id the record has in the system", () => {
    const links = { "company res.partner,7": "100", "deal crm.lead,5": "200", "contact res.partner,8": "300" };
    const { document, missingLinks } = runLines(lines, input, links);
    expect(document).toStrictEqual({ company: "100", deal: "200", people: [{ id: "300" }] });
    expect(missingLinks).toEqual([]);
  });

  it("is reported when the record is not there yet; an optional one is left out", () => {
    const { document, missingLinks } = runLines(lines, input);
    expect(document).toStrictEqual({ people: [{}] });
    expect(missingLinks).toEqual([
      { lane: "res.partner,7", type: "company", path: "company" },
      { lane: "res.partner,8", type: "contact", path: "people[0].id" },
    ]);
  });

  it("that is required waits for the link, but is held when there is no record to wait for", () => {
    const required = [{ to: "company", link: { type: "company", from: "parent.id" }, required: true }];
    expect(runLines(required, input).missingLinks).toHaveLength(1);
    expect(failureOf(() => runLines(required, { parent: null }))).toMatchObject({ field: "customer.parent.id" });
  });

  it("can be asked for beforehand, for a whole batch in one query", () => {
    expect(linkedLanes(compiled(lines), input)).toEqual([
      { lane: "res.partner,7", type: "company" },
      { lane: "crm.lead,5", type: "deal" },
      { lane: "res.partner,8", type: "contact" },
    ]);
  });
});

describe("append", () => {
  it("collects the values of several lines in one list, empty ones left out", () => {
    const lines = ["a", "b", "c"].map((from) => ({ to: "tags", from, append: true }));
    expect(runLines(lines, { a: "x", b: null, c: "z" }).document).toStrictEqual({ tags: ["x", "z"] });
  });

  it("adds to a list that another line put there, and leaves the source's own list alone", () => {
    const input = { tags: ["x"], extra: "y" };
    const lines = [
      { to: "tags", from: "tags" },
      { to: "tags", from: "extra", append: true, when: { from: "extra", exists: true } },
    ];
    expect(runLines(lines, input).document).toStrictEqual({ tags: ["x", "y"] });
    expect(input.tags).toEqual(["x"]);
  });

  it("adds to a list that is a constant of the mapping", () => {
    const lines = [
      { to: "tags", const: ["odoo"] },
      { to: "tags", from: "extra", append: true, when: { from: "extra", exists: true } },
    ];
    expect(runLines(lines, { extra: "y" }).document).toStrictEqual({ tags: ["odoo", "y"] });
  });
});

describe("what a mapping reads", () => {
  it("is listed once per path, with the list's path in front of what is read of an item", () => {
    const mapping = compiled([
      { to: "a", from: "partner_id.vat", when: { from: "state", equals: "sale" } },
      { to: "b", from: ["name", "partner_id.vat"], apply: [["join", " "]] },
      {
        to: "c",
        each: "order_line",
        where: { from: "display_type", empty: true },
        lines: [{ to: "d", from: "product_id.name" }],
      },
    ]);
    expect(sourcePaths(mapping)).toEqual([
      "partner_id.vat",
      "state",
      "name",
      "order_line.display_type",
      "order_line.product_id.name",
    ]);
  });
});
