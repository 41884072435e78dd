import { fingerprint, idempotencyKey } from "../../../sidecar/outbound/fingerprint";

describe("a document's fingerprint", () => {
  it("does not depend on the order of keys, and does on the order of lists", () => {
    expect(fingerprint({ a: 1, b: { c: [1, 2], d: null } })).toBe(fingerprint({ b: { d: null, c: [1, 2] }, a: 1 }));
    expect(fingerprint({ a: [1, 2] })).not.toBe(fingerprint({ a: [2, 1] }));
  });

  it("tells empty, null and missing apart", () => {
    const forms = [{ a: null }, { a: "" }, {}, { a: [] }, { a: {} }].map(fingerprint);
    expect(new Set(forms).size).toBe(forms.length);
  });
});

describe("the idempotency key (RES-05)", () => {
  it("is the same for every try of a change, and another for every database, system, record and change", () => {
    const key = idempotencyKey("db", "hubspot", "res.partner,1", 7);
    expect(idempotencyKey("db", "hubspot", "res.partner,1", 7)).toBe(key);
    const others = [
      idempotencyKey("copy", "hubspot", "res.partner,1", 7),
      idempotencyKey("db", "asana", "res.partner,1", 7),
      idempotencyKey("db", "hubspot", "res.partner,2", 7),
      idempotencyKey("db", "hubspot", "res.partner,1", 8),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
    expect(key).toMatch(/^[0-9a-f]{40}$/);
  });
});
