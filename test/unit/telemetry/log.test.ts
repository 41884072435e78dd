import { HubError } from "../../../sidecar/domain/errors";
import { createLog } from "../../../sidecar/telemetry/log";

describe("the log", () => {
  const logged = (line: object): string => {
    let text = "";
    createLog({ level: "info", destination: { write: (part) => (text += part) } }).info(line, "something happened");
    return text;
  };

  it.each([
    { authorization: "Bearer s3cret" },
    { headers: { authorization: "Bearer s3cret" } },
    { request: { headers: { authorization: "Bearer s3cret" } } },
    { config: { credentials: { accessToken: "s3cret" } } },
    { apiKey: "s3cret" },
    { token: { refreshToken: "s3cret" } },
    { clientSecret: "s3cret", client_secret: "s3cret" },
    { headers: { "set-cookie": "s3cret" } },
  ])("never shows a secret: %j", (line) => {
    expect(logged(line)).not.toContain("s3cret");
    expect(logged(line)).toContain("[cut]");
  });

  it.each([
    { payload: { name: "Ann" } },
    { record: { email: "ann@example.com" } },
    { document: "Ann" },
    { contact: { phone: "Ann" } },
  ])("shows no personal value: %j", (line) => {
    expect(logged(line)).not.toMatch(/ann/i);
  });

  it("keeps what a search needs", () => {
    const line = JSON.parse(
      logged({ lane: "res.partner,42", trace_id: "abc", delivery: 7, error_code: "http_503" }),
    ) as object;
    expect(line).toMatchObject({
      lane: "res.partner,42",
      trace_id: "abc",
      delivery: 7,
      level: "info",
      service: "integration-hub",
    });
  });

  it("shows our own errors by code, and a stack only for what nobody expected", () => {
    const ours = new HubError({ kind: "data", code: "mapping_not_found", message: "No mapping.", hint: "Add one." });
    expect(logged({ err: ours })).toContain("mapping_not_found");
    expect(logged({ err: ours })).not.toContain("stack");
    expect(logged({ err: new Error("defect") })).toContain("stack");
  });
});
