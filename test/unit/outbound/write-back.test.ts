import { valuesToWrite } from "../../../sidecar/outbound/write-back";

describe("what is written back", () => {
  const held = { externalId: "42", url: "https://example.com/42" };

  it("are the values the mapping asks for", () => {
    const lines = [
      { to: "x_crm_id", from: "externalId" },
      { to: "x_crm_url", from: "url" },
    ] as const;
    expect(valuesToWrite(lines, held, {})).toEqual({ x_crm_id: "42", x_crm_url: "https://example.com/42" });
  });

  it("is nothing when the record shows the values already, or there is none", () => {
    expect(valuesToWrite([{ to: "x_crm_id", from: "externalId" }], held, { x_crm_id: "42" })).toEqual({});
    expect(valuesToWrite([{ to: "x_crm_url", from: "url" }], { externalId: "42", url: null }, {})).toEqual({});
    expect(valuesToWrite([], held, {})).toEqual({});
  });
});
