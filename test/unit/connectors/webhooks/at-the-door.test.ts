import { request as httpRequest, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import pino from "pino";
import { compileWebhooks, type Notice } from "../../../../sidecar/connectors/webhooks";
import type { Signature } from "../../../../sidecar/connectors/webhooks/definition";
import { createReceiver } from "../../../../sidecar/inbound/receiver";
import { SCHEMES, type Scheme } from "./schemes";

const KEY = "the key";
const PUBLIC = "https://example.com/integration";
const NOTICES = {
  each: "events",
  event: "type",
  events: { changed: { object: "company", change: "changed" as const } },
  externalId: "id",
};
const PLAIN = Buffer.from('{"events":[{"type":"changed","id":"1"}]}');
const LOGINS: { name: string; signature: Signature; header: [string, string] }[] = [
  {
    name: "Clockify's token",
    signature: { type: "token", header: "Clockify-Signature", secrets: ["secret"] },
    header: ["Clockify-Signature", KEY],
  },
  {
    name: "Pipedrive's user and password",
    signature: { type: "basic", username: "user", password: "secret" },
    header: ["Authorization", `Basic ${Buffer.from(`hub:${KEY}`).toString("base64")}`],
  },
];

/** Bodies and signatures as they come over a real connection, behind a proxy that strips a path of ours (INT-02, SEC-11). */
describe("a signed call at the door", () => {
  let server: Server;
  let kept: string[] = [];
  let refused: string[] = [];
  const nameOf = (place: number): string => `scheme${place}`;

  beforeAll(async () => {
    const signatures = [...SCHEMES, ...LOGINS].map(({ signature }) => signature);
    const endpoints = new Map(
      signatures.map((signature, place) => [
        nameOf(place),
        compileWebhooks({ signature, notices: NOTICES }, { secret: KEY, user: "hub" }),
      ]),
    );
    const inbox = {
      keep: (_system: string, notices: readonly Notice[]) => {
        kept.push(...notices.map(({ externalId }) => externalId));
        return Promise.resolve({ kept: notices.length, repeated: 0 });
      },
    };
    const security = { note: (_system: string, reason: string) => void refused.push(reason) };
    const parts = { endpoints, inbox, security, log: pino({ level: "silent" }) };
    const limits = { publicUrl: PUBLIC, maxBodyBytes: 100_000, maxPerSecond: 10_000, proxies: 1 };
    server = createReceiver(parts, limits).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    kept = [];
    refused = [];
  });

  /** Sends exactly these bytes and headers; a header may stand twice. */
  const send = (path: string, body: Buffer, headers: [string, string][], method = "POST"): Promise<number> =>
    new Promise((resolve, reject) => {
      const { port } = server.address() as AddressInfo;
      const all = [["Host", "hub.internal"], ["Content-Length", String(body.length)], ...headers];
      const call = httpRequest({ port, host: "127.0.0.1", path, method, headers: all.flat(), agent: false });
      call.once("response", (answer) => answer.resume().once("end", () => resolve(answer.statusCode ?? 0)));
      call.once("error", reject);
      call.end(body);
    });

  describe.each(SCHEMES.map((scheme, place) => ({ ...scheme, place })))("of $vendor", (scheme) => {
    const path = `/webhooks/${nameOf(scheme.place)}`;
    const sent = (body: Buffer, at = Date.now(), target = path): Parameters<Scheme["headers"]>[1] => ({
      url: `${PUBLIC}${target}`,
      body,
      at,
    });
    const headersFor = (body: Buffer, at?: number, target?: string): [string, string][] =>
      Object.entries(scheme.headers(KEY, sent(body, at, target)));
    const post = (body: Buffer, headers = headersFor(body), target = path): Promise<number> =>
      send(target, body, headers);

    it.each([
      [
        "letters of many scripts, escaped and not",
        '{"events":[{"type":"changed","id":"1","n":"Œuvre 株式会社 🙂 \\u00e9"}]}',
      ],
      ["spaces and line ends of every kind", ' {\r\n "events" : [ {"type":"changed",\t"id":"1"} ]\r\n}\n\n'],
      ["a byte order mark", '\ufeff{"events":[{"type":"changed","id":"1"}]}'],
      ["numbers that no JSON library writes again as they were", '{"events":[{"type":"changed","id":"1","n":1.0e2}]}'],
      ["a name twice", '{"events":[{"type":"x","id":"1","type":"changed"}]}'],
    ])("is believed on its bytes: %s", async (_what, text) => {
      expect(await post(Buffer.from(text))).toBe(200);
      expect(kept).toEqual(["1"]);
    });

    it("is believed whatever it says of its form, and however its headers are spelled", async () => {
      for (const type of ["application/json; charset=iso-8859-1", "text/plain", "application/x-www-form-urlencoded"])
        expect(await post(PLAIN, [...headersFor(PLAIN), ["Content-Type", type]])).toBe(200);
      expect(await post(PLAIN, [...headersFor(PLAIN), ["Content-Encoding", "identity"]])).toBe(200);
      const upper = headersFor(PLAIN).map(([name, value]): [string, string] => [name.toUpperCase(), ` ${value} `]);
      expect(await post(PLAIN, upper)).toBe(200);
    });

    it("is refused when its JSON is the same in other bytes", async () => {
      const other = Buffer.from('{"events": [{"type":"changed","id":"1"}]}');
      expect(await post(other, headersFor(PLAIN))).toBe(401);
      expect(refused).toEqual(["bad_signature"]);
    });

    it("is refused without its proof, with an empty one, with a part of it, and with two", async () => {
      const headers = headersFor(PLAIN);
      const others = headers.filter(([name]) => !/signature(?!-timestamp)/i.test(name));
      const proof = headers.find(([name]) => name === scheme.proof)?.[1] ?? "";
      for (const given of [[], [""], [proof.slice(0, -2)], [`${proof}, ${proof}`], [proof, proof]]) {
        const proofs = given.map((value): [string, string] => [scheme.proof, value]);
        expect(await post(PLAIN, [...others, ...proofs])).toBe(401);
      }
      expect(refused).toEqual(["no_signature", "no_signature", "bad_signature", "bad_signature", "bad_signature"]);
      expect(kept).toEqual([]);
    });

    it("is refused when somebody else's key signed it, when it is packed, and when it is no JSON", async () => {
      expect(await post(PLAIN, Object.entries(scheme.headers("guessed", sent(PLAIN))))).toBe(401);
      const packed = gzipSync(PLAIN);
      for (const headers of [headersFor(packed), headersFor(PLAIN)])
        expect(await post(packed, [...headers, ["Content-Encoding", "gzip"]])).toBe(415);
      const latin = Buffer.from('{"events":[{"type":"changed","id":"é"}]}', "latin1");
      for (const body of [Buffer.from("{"), latin]) expect(await post(body)).toBe(400);
      expect(kept).toEqual([]);
    });

    it("without a body names nothing, and is answered when its signature is right alone", async () => {
      const nothing = Buffer.alloc(0);
      expect(await post(nothing)).toBe(200);
      expect(await post(nothing, headersFor(PLAIN))).toBe(401);
      expect(kept).toEqual([]);
    });

    const { window } = scheme;
    if (window !== null)
      it("is refused when it is too old or too far ahead, without its moment, and with two", async () => {
        const now = Date.now();
        for (const skew of [-window + 10_000, window - 10_000])
          expect(await post(PLAIN, headersFor(PLAIN, now + skew))).toBe(200);
        for (const skew of [-window - 2_000, window + 10_000])
          expect(await post(PLAIN, headersFor(PLAIN, now + skew))).toBe(401);
        expect(refused).toEqual(["stale", "stale"]);
        const [moment] = headersFor(PLAIN).filter(([name]) => /timestamp/i.test(name));
        const without = headersFor(PLAIN).filter(([name]) => !/timestamp/i.test(name));
        expect(await post(PLAIN, without)).toBe(401);
        expect(await post(PLAIN, [...headersFor(PLAIN), moment as [string, string]])).toBe(401);
      });
  });

  describe("of HubSpot, which signs the address", () => {
    const { headers } = SCHEMES[0] as Scheme;
    const path = `/webhooks/${nameOf(0)}`;
    const post = (target: string, signedTarget = target, at = Date.now()): Promise<number> =>
      send(target, PLAIN, Object.entries(headers(KEY, { url: `${PUBLIC}${signedTarget}`, body: PLAIN, at })));

    it("is believed for the public address with its query as it came", async () => {
      expect(await post(`${path}?b=2&a=1&b=3&empty=`)).toBe(200);
      expect(await post(`${path}?q=a%20b+c&x=%C3%A9`)).toBe(200);
    });

    it("is refused for another order of the query, another address and what the proxy calls us", async () => {
      expect(await post(`${path}?a=1&b=2`, `${path}?b=2&a=1`)).toBe(401);
      expect(await post(path, `${path}?a=1`)).toBe(401);
      const signed = headers(KEY, { url: `http://hub.internal${path}`, body: PLAIN, at: Date.now() });
      const forwarded: [string, string][] = [
        ["X-Forwarded-Host", "hub.internal"],
        ["X-Forwarded-Proto", "http"],
      ];
      expect(await send(path, PLAIN, [...Object.entries(signed), ...forwarded])).toBe(401);
      expect(
        await send(
          path,
          PLAIN,
          Object.entries(headers(KEY, { url: `${PUBLIC}${path}`, body: PLAIN, at: Date.now() })),
          "PUT",
        ),
      ).toBe(401);
    });

    it("is believed when it signed an encoded address as it is, and decoded as its documentation has it", async () => {
      const encoded = `${path}?to=https%3A%2F%2Fa.example%2Fb%3Fc%2C%40%21%24%27%28%29%2A%3B&space=%20&and=%26`;
      const decoded = `${path}?to=https://a.example/b?c,@!$'()*;&space=%20&and=%26`;
      expect(await post(encoded)).toBe(200);
      expect(await post(encoded, decoded)).toBe(200);
      expect(await post(encoded, decodeURIComponent(encoded))).toBe(401);
    });
  });

  it.each(LOGINS.map((login, place) => ({ ...login, place: SCHEMES.length + place })))(
    "with $name is believed with exactly that, whatever its body",
    async ({ header: [name, value], place }) => {
      const path = `/webhooks/${nameOf(place)}`;
      expect(await send(path, PLAIN, [[name, value]])).toBe(200);
      expect(await send(path, PLAIN, [[name.toLowerCase(), value.replace(/^Basic/, "BASIC")]])).toBe(200);
      for (const wrong of ["", value.slice(0, -1), `${value}x`, value.toUpperCase(), `${value}, ${value}`])
        expect(await send(path, PLAIN, [[name, wrong]])).toBe(401);
      expect(await send(path, PLAIN, [])).toBe(401);
      expect(kept).toEqual(["1", "1"]);
    },
  );
});
