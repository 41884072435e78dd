import { createHmac } from "node:crypto";
import type { HmacSignature, Signature } from "../../../../sidecar/connectors/webhooks/definition";
import type { RawRequest } from "../../../../sidecar/connectors/webhooks/raw-request";
import { compileVerification } from "../../../../sidecar/connectors/webhooks/verify";

const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
const URL_TEXT = "https://hub.example.com/webhooks/crm?a=1";
const BODY = Buffer.from('[{"eventId":1,"name":"Caf\u00e9"}]', "utf8");
const SECONDS = String(NOW / 1000);
const ISO = new Date(NOW).toISOString();

function request(headers: Record<string, string>, body = BODY): RawRequest {
  return { method: "POST", url: URL_TEXT, query: new URLSearchParams("a=1"), headers, body };
}

const sha256 = (key: string, encoding: "hex" | "base64", ...parts: (string | Buffer)[]): string => {
  const code = createHmac("sha256", key);
  for (const part of parts) code.update(part);
  return code.digest(encoding);
};

/** What each vendor's documentation says, made here by hand from its own words. */
const VENDORS: {
  vendor: string;
  signature: Signature;
  headers: (key: string, body: Buffer) => Record<string, string>;
}[] = [
  {
    vendor: "HubSpot v3: method, URL, body and milliseconds",
    signature: {
      type: "hmac",
      header: "X-HubSpot-Signature-v3",
      encoding: "base64",
      signed: "{method}{url}{body}{timestamp}",
      secrets: ["secret"],
      timestamp: { header: "X-HubSpot-Request-Timestamp", unit: "milliseconds" },
    },
    headers: (key, body) => ({
      "x-hubspot-signature-v3": sha256(key, "base64", "POST", URL_TEXT, body, String(NOW)),
      "x-hubspot-request-timestamp": String(NOW),
    }),
  },
  {
    vendor: "DocuSign: body, one header for each key",
    signature: {
      type: "hmac",
      header: ["X-DocuSign-Signature-1", "X-DocuSign-Signature-2"],
      encoding: "base64",
      secrets: ["secret"],
    },
    headers: (key, body) => ({
      "x-docusign-signature-1": sha256("the old key", "base64", body),
      "x-docusign-signature-2": sha256(key, "base64", body),
    }),
  },
  {
    vendor: "Asana and Gusto: body, in hex",
    signature: { type: "hmac", header: "X-Hook-Signature", encoding: "hex", secrets: ["secret"] },
    headers: (key, body) => ({ "x-hook-signature": sha256(key, "hex", body) }),
  },
  {
    vendor: "BambooHR: body and the timestamp as it stands",
    signature: {
      type: "hmac",
      header: "X-BambooHR-Signature",
      encoding: "hex",
      signed: "{body}{timestamp}",
      secrets: ["secret"],
      timestamp: { header: "X-BambooHR-Timestamp", unit: "any" },
    },
    headers: (key, body) => ({
      "x-bamboohr-signature": sha256(key, "hex", body, SECONDS),
      "x-bamboohr-timestamp": SECONDS,
    }),
  },
  {
    vendor: "Box: body and ISO 8601, two keys",
    signature: {
      type: "hmac",
      header: ["box-signature-primary", "box-signature-secondary"],
      encoding: "base64",
      signed: "{body}{timestamp}",
      secrets: ["other", "secret"],
      timestamp: { header: "box-delivery-timestamp", unit: "iso8601", maxAgeMs: 600_000 },
    },
    headers: (key, body) => ({
      "box-signature-secondary": sha256(key, "base64", body, ISO),
      "box-delivery-timestamp": ISO,
    }),
  },
  {
    vendor: "Slack: version, seconds and body, with a prefix",
    signature: {
      type: "hmac",
      header: "X-Slack-Signature",
      encoding: "hex",
      prefix: "v0=",
      signed: "v0:{timestamp}:{body}",
      secrets: ["secret"],
      timestamp: { header: "X-Slack-Request-Timestamp", unit: "seconds" },
    },
    headers: (key, body) => ({
      "x-slack-signature": `v0=${sha256(key, "hex", "v0:", SECONDS, ":", body)}`,
      "x-slack-request-timestamp": SECONDS,
    }),
  },
  {
    vendor: "Zendesk: ISO 8601 and body",
    signature: {
      type: "hmac",
      header: "X-Zendesk-Webhook-Signature",
      encoding: "base64",
      signed: "{timestamp}{body}",
      secrets: ["secret"],
      timestamp: { header: "X-Zendesk-Webhook-Signature-Timestamp", unit: "iso8601" },
    },
    headers: (key, body) => ({
      "x-zendesk-webhook-signature": sha256(key, "base64", ISO, body),
      "x-zendesk-webhook-signature-timestamp": ISO,
    }),
  },
  {
    vendor: "Xero and QuickBooks: body, in base64",
    signature: { type: "hmac", header: "x-xero-signature", encoding: "base64", secrets: ["secret"] },
    headers: (key, body) => ({ "x-xero-signature": sha256(key, "base64", body) }),
  },
  {
    vendor: "BambooHR with an ISO 8601 timestamp",
    signature: {
      type: "hmac",
      header: "X-BambooHR-Signature",
      encoding: "hex",
      signed: "{body}{timestamp}",
      secrets: ["secret"],
      timestamp: { header: "X-BambooHR-Timestamp", unit: "any" },
    },
    headers: (key, body) => ({
      "x-bamboohr-signature": sha256(key, "hex", body, ISO),
      "x-bamboohr-timestamp": ISO,
    }),
  },
  {
    vendor: "Jira: body, with a prefix",
    signature: { type: "hmac", header: "X-Hub-Signature", encoding: "hex", prefix: "sha256=", secrets: ["secret"] },
    headers: (key, body) => ({ "x-hub-signature": `sha256=${sha256(key, "hex", body)}` }),
  },
];

describe("signatures of webhooks (INT-02, SEC-11)", () => {
  describe.each(VENDORS)("$vendor", ({ signature, headers }) => {
    const check = compileVerification(signature, { secret: "the key" });

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
    const hubspot = VENDORS[0] as (typeof VENDORS)[number];
    const check = compileVerification(hubspot.signature, { secret: "the key" });
    const signed = hubspot.headers("the key", BODY);

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
