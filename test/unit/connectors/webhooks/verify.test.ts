import { createHmac } from "node:crypto";
import type { HmacSignature, Signature } from "../../../../sidecar/connectors/webhooks/definition";
import type { RawRequest } from "../../../../sidecar/connectors/webhooks/raw-request";
import { compileVerification } from "../../../../sidecar/connectors/webhooks/verify";
import { SCHEMES, type Scheme, type Sent } from "./schemes";

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const URL_TEXT = "https://hub.example.com/webhooks/crm?a=1";
const BODY = Buffer.from('[{"eventId":1,"name":"Caf\u00e9"}]', "utf8");

function request(headers: Record<string, string>, body = BODY): RawRequest {
  return { method: "POST", url: URL_TEXT, query: new URLSearchParams("a=1"), headers, body };
}

const sent = (body: Buffer): Sent => ({ url: URL_TEXT, body, at: NOW });
const lower = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const sha256 = (key: string, encoding: "hex" | "base64", ...parts: (string | Buffer)[]): string => {
  const code = createHmac("sha256", key);
  for (const part of parts) code.update(part);
  return code.digest(encoding);
};

describe("signatures of webhooks (INT-02, SEC-11)", () => {
  describe.each(SCHEMES)("$vendor", ({ signature, headers: vendorHeaders }) => {
    const check = compileVerification(signature, { secret: "the key" });
    const headers = (key: string, body: Buffer): Record<string, string> => lower(vendorHeaders(key, sent(body)));

    it("takes what the vendor signed", () => {
      expect(check(request(headers("the key", BODY)), NOW, [])).toBeNull();
    });

    it("refuses another body, another key and no signature", () => {
      const forged = Buffer.from(BODY.toString().replace("1", "2"));
      expect(check(request(headers("the key", BODY), forged), NOW, [])).toBe("signature_wrong");
      expect(check(request(headers("another key", BODY)), NOW, [])).toBe("signature_wrong");
      expect(check(request({}), NOW, [])).toBe("signature_missing");
    });

    it("refuses everything when no secret is set, even what was signed with an empty one", () => {
      const open = compileVerification(signature, { secret: "" });
      expect(open(request(headers("", BODY)), NOW, [])).toBe("secret_not_set");
    });
  });

  describe("that carry a time", () => {
    const hubspot = SCHEMES[0] as Scheme;
    const check = compileVerification(hubspot.signature, { secret: "the key" });
    const signed = lower(hubspot.headers("the key", sent(BODY)));

    it("are refused once they are older than five minutes, or as far ahead", () => {
      expect(check(request(signed), NOW + 300_000, [])).toBeNull();
      expect(check(request(signed), NOW + 300_001, [])).toBe("timestamp_stale");
      expect(check(request(signed), NOW - 300_001, [])).toBe("timestamp_stale");
    });

    it("are refused without it, with another one than was signed, and with one that cannot be read", () => {
      const without = { "x-hubspot-signature-v3": signed["x-hubspot-signature-v3"] ?? "" };
      expect(check(request(without), NOW, [])).toBe("timestamp_missing");
      const later = { ...signed, "x-hubspot-request-timestamp": String(NOW + 1) };
      expect(check(request(later), NOW, [])).toBe("signature_wrong");
      const odd = {
        "x-hubspot-signature-v3": sha256("the key", "base64", "POST", URL_TEXT, BODY, "soon"),
        "x-hubspot-request-timestamp": "soon",
      };
      expect(check(request(odd), NOW, [])).toBe("timestamp_unreadable");
    });
  });

  it("agree with the examples that vendors print", () => {
    const example = (signature: Signature, headers: Record<string, string>, key: string, body: string, at: number) =>
      compileVerification(signature, { secret: key })(request(headers, Buffer.from(body)), at, []);
    const slack = SCHEMES.find(({ vendor }) => vendor.startsWith("Slack"))?.signature as Signature;
    const command =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
      "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
      "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
    const slackHeaders = {
      "x-slack-request-timestamp": "1531420618",
      "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    };
    expect(example(slack, slackHeaders, "8f742231b10e8888abcd99yyyzzz85a5", command, 1_531_420_618_000)).toBeNull();
    const hub = SCHEMES.find(({ vendor }) => vendor.startsWith("Jira"))?.signature as Signature;
    const hubHeaders = {
      "x-hub-signature": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
    };
    expect(example(hub, hubHeaders, "It's a Secret to Everybody", "Hello, World!", NOW)).toBeNull();
  });

  it.each([
    ["2026-11-22T12:00:00Z", null],
    ["2026-11-22T12:00:00", null],
    ["2026-11-22 12:00:00", null],
    ["2026-11-22T11:59:59.1234567Z", null],
    ["2026-11-22T05:00:00-07:00", null],
    ["2026-11-22T13:00:00+0100", null],
    ["2026-11-22T12:00:00+01:00", "timestamp_stale"],
    ["2026-11-22", "timestamp_unreadable"],
    ["Sun, 22 Nov 2026 12:00:00 GMT", "timestamp_unreadable"],
    ["2026-13-22T12:00:00Z", "timestamp_unreadable"],
    [String(NOW), "timestamp_unreadable"],
  ])("read the moment %s as ISO 8601, in UTC where it names no zone, wherever they are checked", (stamp, verdict) => {
    const signature: HmacSignature = {
      type: "hmac",
      header: "X-S",
      encoding: "hex",
      signed: "{timestamp}{body}",
      secrets: ["secret"],
      timestamp: { header: "X-T", unit: "iso8601" },
    };
    const check = compileVerification(signature, { secret: "k" });
    expect(check(request({ "x-s": sha256("k", "hex", stamp, BODY), "x-t": stamp }), NOW, [])).toBe(verdict);
  });

  it("take a code in hexadecimal in either case, and in base64 only as it is", () => {
    for (const { signature, headers, proof, vendor } of SCHEMES) {
      if (signature.type !== "hmac") continue;
      const given = lower(headers("the key", sent(BODY)));
      const upper = { ...given, [proof.toLowerCase()]: (given[proof.toLowerCase()] ?? "").toUpperCase() };
      const verdict = compileVerification(signature, { secret: "the key" })(request(upper), NOW, []);
      expect([vendor, verdict]).toEqual([vendor, signature.encoding === "hex" ? null : "signature_wrong"]);
    }
  });

  it("take a new key beside the old one while a secret is replaced (SEC-04)", () => {
    const signature: HmacSignature = {
      type: "hmac",
      header: "X-S",
      encoding: "hex",
      secrets: ["secret", "secretNext"],
    };
    const check = compileVerification(signature, { secret: "old", secretNext: "new" });
    for (const key of ["old", "new"]) expect(check(request({ "x-s": sha256(key, "hex", BODY) }), NOW, [])).toBeNull();
    const without = compileVerification(signature, { secret: "old" });
    expect(without(request({ "x-s": sha256("new", "hex", BODY) }), NOW, [])).toBe("signature_wrong");
    expect(without(request({ "x-s": sha256("", "hex", BODY) }), NOW, [])).toBe("signature_wrong");
  });

  it("name no place that cannot be signed", () => {
    const signature: HmacSignature = { type: "hmac", header: "X-S", encoding: "hex", signed: "{path}", secrets: ["s"] };
    expect(() => compileVerification(signature, {})).toThrow(/\{path\} cannot be signed/);
  });
});

describe("a vendor that sends a secret instead of a signature", () => {
  it("is known by the token in a header (Clockify)", () => {
    const check = compileVerification(
      { type: "token", header: "Clockify-Signature", secrets: ["secret"] },
      { secret: "t" },
    );
    expect(check(request({ "clockify-signature": "t" }), NOW, [])).toBeNull();
    expect(check(request({ "clockify-signature": "T" }), NOW, [])).toBe("signature_wrong");
    expect(check(request({}), NOW, [])).toBe("signature_missing");
  });

  it("is known by the token in every item of the body (Microsoft Graph): one wrong item is too many", () => {
    const check = compileVerification({ type: "token", itemPath: "clientState", secrets: ["secret"] }, { secret: "t" });
    expect(check(request({}), NOW, [{ clientState: "t" }, { clientState: "t" }])).toBeNull();
    expect(check(request({}), NOW, [{ clientState: "t" }, { clientState: "x" }])).toBe("signature_wrong");
    expect(check(request({}), NOW, [{ clientState: "t" }, {}])).toBe("signature_missing");
    expect(check(request({}), NOW, [])).toBe("signature_missing");
  });

  it("is known by user name and password (Pipedrive)", () => {
    const signature: Signature = { type: "basic", username: "hookUser", password: "hookPassword" };
    const check = compileVerification(signature, { hookUser: "u", hookPassword: "p:q" });
    const header = (text: string): Record<string, string> => ({
      authorization: `Basic ${Buffer.from(text).toString("base64")}`,
    });
    expect(check(request(header("u:p:q")), NOW, [])).toBeNull();
    expect(check(request(header("u:p")), NOW, [])).toBe("signature_wrong");
    expect(compileVerification(signature, {})(request(header(":")), NOW, [])).toBe("secret_not_set");
  });
});
