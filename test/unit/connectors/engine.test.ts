import type { Connector, DeliverInput, DeliverResult } from "../../../sidecar/connectors";
import { input, running, TestClock } from "./connect";
import { CLIENT, connectTo, ScriptedVendor } from "./scripted-vendor";

describe("the engine", () => {
  let vendor: ScriptedVendor;
  let connector: Connector | null;
  let clock: TestClock;
  beforeEach(async () => {
    vendor = new ScriptedVendor();
    connector = null;
    clock = new TestClock();
    await vendor.start();
  });
  afterEach(async () => {
    await connector?.close();
    await vendor.stop();
  });

  const client = (values: Partial<DeliverInput> = {}): DeliverInput =>
    input({ key: "res.partner,1", type: "client", document: { name: "Acme" }, ...values });
  const deliver = async (one: DeliverInput): Promise<DeliverResult> => {
    const [result] = (await connector?.deliver([one], running())) ?? [];
    if (!result) throw new Error("no result");
    return result;
  };
  const verifying = (agoMs: number, firstAgoMs = agoMs): Partial<DeliverInput> => ({
    verify: true,
    firstAttemptAt: new Date(clock.now().getTime() - firstAgoMs),
    lastAttemptAt: new Date(clock.now().getTime() - agoMs),
  });

  it("believes a lagging search only when it had time to catch up (D4)", async () => {
    const [find] = CLIENT.find ?? [];
    if (!find) throw new Error("a find is needed");
    const lagging = { ...CLIENT, find: [{ ...find, consistency: "eventual" as const, settleMs: 20_000 }] };
    connector = connectTo(vendor, { objects: { client: lagging } }, { clock });
    vendor.script = ({ method }) => (method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: 7 } });
    const early = await deliver(client(verifying(5_000)));
    expect(early).toMatchObject({ ok: false, failure: { kind: "unknown", code: "waiting_to_settle" } });
    expect(!early.ok && early.failure.retryAfterMs).toBeGreaterThan(14_000);
    expect(vendor.heard).toEqual([]);
    expect(await deliver(client(verifying(21_000)))).toMatchObject({ ok: true, created: true, externalId: "7" });
  });

  it("keeps an outcome unknown when the look-up itself fails", async () => {
    connector = connectTo(vendor, {}, { clock });
    vendor.script = () => ({ status: 503 });
    expect(await deliver(client(verifying(60_000)))).toMatchObject({
      ok: false,
      failure: { kind: "unknown", code: "http_503" },
    });
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "technical" } });
  });

  it("asks a person when a lost create can neither be found nor recognised", async () => {
    const request = { method: "POST" as const, path: "/clients", body: "{doc}" };
    const create = { request, id: "id", idempotency: { rememberedMs: 60_000 } };
    connector = connectTo(vendor, { objects: { client: { create } } }, { clock });
    vendor.script = () => ({ status: 201, body: { id: 7 } });
    expect(await deliver(client(verifying(61_000)))).toMatchObject({
      ok: false,
      failure: { kind: "unknown", code: "outcome_unknown" },
    });
    // the vendor's memory began with the first try, however late the last one was
    expect(await deliver(client(verifying(1_000, 61_000)))).toMatchObject({ ok: false, failure: { field: "client" } });
    expect(vendor.heard).toEqual([]);
    // within the vendor's memory the same key is harmless
    expect(await deliver(client(verifying(30_000)))).toMatchObject({ ok: true, externalId: "7" });
  });

  it("calls itself blind only where nothing but a person could tell whether a create took effect (D4)", async () => {
    const request = { method: "POST" as const, path: "/clients", body: "{doc}" };
    const create = { request, id: "id", whenUnknown: "ask" as const };
    const blind = async (object: object): Promise<boolean> => {
      const connected = connectTo(vendor, { objects: { client: object } }, { clock });
      await connected.close();
      return connected.blind;
    };
    expect(await blind({ create })).toBe(true);
    expect(await blind({ create: { ...create, idempotency: { rememberedMs: 60_000 } } })).toBe(false);
    expect(await blind({ ...CLIENT, create })).toBe(false);
  });

  it("sends the same idempotency key at every try", async () => {
    const request = {
      method: "POST" as const,
      path: "/clients",
      body: "{doc}",
      headers: { "Idempotency-Key": "{idempotencyKey}" },
    };
    const create = { request, id: "id", idempotency: { rememberedMs: 60_000 } };
    connector = connectTo(vendor, { objects: { client: { create } } }, { clock });
    vendor.script = () => "drop";
    // unknown, not technical: tries without an end would outlive the vendor's memory
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "unknown" } });
    vendor.script = () => ({ status: 201, body: { id: 7 } });
    await deliver(client(verifying(1_000)));
    expect(vendor.heard.map(({ headers }) => headers["idempotency-key"])).toEqual([
      "test:res.partner,1",
      "test:res.partner,1",
    ]);
  });

  it("takes a lost answer for unknown on a create, for technical on an update", async () => {
    connector = connectTo(vendor, {}, { clock });
    vendor.script = ({ method }) => (method === "GET" ? { body: { clients: [] } } : "drop");
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "unknown", code: "connection_lost" } });
    expect(await deliver(client({ externalId: "7" }))).toMatchObject({ ok: false, failure: { kind: "technical" } });
  });

  it("takes a refused connection for technical: nothing was sent", async () => {
    connector = connectTo(vendor, {}, { baseUrl: "http://127.0.0.1:9" });
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "technical", code: "unreachable" } });
  });

  it("names both records when two carry the same key", async () => {
    connector = connectTo(vendor, {}, { clock });
    vendor.script = () => ({
      body: {
        clients: [
          { id: 7, reference: "res.partner,1" },
          { id: 8, reference: "res.partner,1" },
        ],
      },
    });
    const result = await deliver(client());
    expect(result).toMatchObject({ ok: false, failure: { kind: "data", code: "duplicate_at_vendor" } });
    expect(!result.ok && result.failure.message).toContain("7, 8");
  });

  it("does not take an answer for ours that the vendor matched loosely", async () => {
    connector = connectTo(vendor, {}, { clock });
    vendor.script = ({ method }) =>
      method === "GET"
        ? { body: { clients: [{ id: 7, reference: "res.partner,12" }] } }
        : { status: 201, body: { id: 8 } };
    expect(await deliver(client())).toMatchObject({ ok: true, created: true, externalId: "8" });
  });

  it("holds an update of what was deleted at the vendor, unless the definition says to create it anew", async () => {
    vendor.script = ({ method }) =>
      method === "PATCH"
        ? { status: 404 }
        : method === "GET"
          ? { body: { clients: [] } }
          : { status: 201, body: { id: 8 } };
    connector = connectTo(vendor, {}, { clock });
    expect(await deliver(client({ externalId: "7" }))).toMatchObject({
      ok: false,
      failure: { kind: "data", code: "deleted_at_vendor" },
    });
    await connector.close();
    connector = connectTo(vendor, { objects: { client: { ...CLIENT, whenGone: "recreate" } } }, { clock });
    expect(await deliver(client({ externalId: "7" }))).toMatchObject({ ok: true, created: true, externalId: "8" });
  });

  it("has nothing to do for a delete of what never arrived, or is gone", async () => {
    connector = connectTo(vendor, {}, { clock });
    vendor.script = ({ method }) => (method === "GET" ? { body: { clients: [] } } : { status: 404 });
    expect(await deliver(client({ operation: "delete" }))).toMatchObject({
      ok: true,
      removed: true,
      unchanged: true,
      externalId: "",
    });
    expect(await deliver(client({ operation: "delete", externalId: "7" }))).toMatchObject({
      ok: true,
      removed: true,
      externalId: "7",
    });
  });

  it("stops calling a system that keeps failing, and lets one call look whether it is back (RES-08)", async () => {
    connector = connectTo(vendor, { breaker: { failures: 2, halfOpenAfterMs: 100 } });
    vendor.script = () => ({ status: 500 });
    await deliver(client());
    await deliver(client());
    expect(connector.health().breaker).toBe("open");
    const calls = vendor.heard.length;
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "technical", code: "circuit_open" } });
    expect(vendor.heard).toHaveLength(calls);
    vendor.script = ({ method }) => (method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: 7 } });
    let result = await deliver(client());
    while (!result.ok && result.failure.code === "circuit_open") result = await deliver(client());
    expect(result).toMatchObject({ ok: true });
    expect(connector.health().breaker).toBe("closed");
  });

  it("does not count a refusal of bad data against the system's health", async () => {
    connector = connectTo(vendor, { breaker: { failures: 1 } });
    vendor.script = ({ method }) => (method === "GET" ? { body: { clients: [] } } : { status: 422, body: {} });
    await deliver(client());
    await deliver(client());
    expect(connector.health().breaker).toBe("closed");
  });

  it("follows no redirect and reaches no host that is not the connection's (SEC-14)", async () => {
    connector = connectTo(vendor, {});
    vendor.script = () => ({ status: 302, headers: { location: "http://169.254.169.254/" } });
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { code: "http_302" } });
    expect(vendor.heard).toHaveLength(1);
    await connector.close();
    const [find] = CLIENT.find ?? [];
    if (!find) throw new Error("a find is needed");
    const paged = { ...CLIENT, find: [{ ...find, pagination: { type: "link" as const, from: "next" } }] };
    connector = connectTo(vendor, { objects: { client: paged } });
    vendor.script = () => ({ body: { clients: [], next: "http://169.254.169.254/latest" } });
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "policy", code: "egress_refused" } });
  });

  it("sends nothing in plain text to a host that is reached by https (SEC-14)", async () => {
    const connection = {
      baseUrl: "https://x.example",
      hosts: ["localhost"],
      check: { method: "GET" as const, path: "/" },
    };
    const [find] = CLIENT.find ?? [];
    if (!find) throw new Error("a find is needed");
    const paged = { ...CLIENT, find: [{ ...find, pagination: { type: "link" as const, from: "next" } }] };
    connector = connectTo(vendor, { connection, objects: { client: paged } });
    vendor.script = () => ({ body: { clients: [], next: "http://localhost/clients?page=2" } });
    const result = await deliver(client());
    expect(result).toMatchObject({ ok: false, failure: { kind: "policy", code: "egress_refused" } });
    expect(!result.ok && result.failure.message).toContain("plain text");
  });

  it.each([".", ".."])(
    "sends nothing for the id %s, which would lead to another address (SEC-14)",
    async (externalId) => {
      connector = connectTo(vendor, {});
      for (const operation of ["upsert", "delete"] as const)
        expect(await deliver(client({ externalId, operation }))).toMatchObject({
          ok: false,
          failure: { kind: "data", code: "path_value_unfit" },
        });
      expect(vendor.heard).toEqual([]);
    },
  );

  it("refuses a value that no header can carry, and goes on with the others", async () => {
    const [find] = CLIENT.find ?? [];
    if (!find) throw new Error("a find is needed");
    const named = { ...find, request: { ...find.request, headers: { "x-name": "{doc.name}" } } };
    connector = connectTo(vendor, {
      limits: { concurrency: 2, buckets: {} },
      objects: { client: { ...CLIENT, find: [named] } },
    });
    vendor.script = ({ method }) => (method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: 7 } });
    for (const name of ["a\r\nx-admin: yes", "two\nlines", "12 €"])
      expect(await deliver(client({ document: { name } }))).toMatchObject({
        ok: false,
        failure: { kind: "data", code: "header_unfit", field: "x-name" },
      });
    expect(vendor.heard).toEqual([]);
    expect(await deliver(client())).toMatchObject({ ok: true, externalId: "7" });
  });

  it("does not begin with a credential that cannot be sent", () => {
    const auth = { type: "bearer" as const, token: "{credentials.token}" };
    expect(() => connectTo(vendor, { auth }, { credentials: { token: "abc\n" } })).toThrow(/credential.*line break/);
  });

  it("reads no answer beyond the largest size", async () => {
    const connection = {
      baseUrl: "https://x.example",
      maxResponseBytes: 2_000,
      check: { method: "GET" as const, path: "/" },
    };
    connector = connectTo(vendor, { connection });
    vendor.script = () => ({ body: { clients: ["x".repeat(100_000)] } });
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { code: "answer_too_large" } });
  });

  it("gives up on a vendor that does not answer in time", async () => {
    const connection = { baseUrl: "https://x.example", timeoutMs: 100, check: { method: "GET" as const, path: "/" } };
    connector = connectTo(vendor, { connection }, { baseUrl: `${vendor.url}/slow` });
    const never = new ScriptedVendor();
    await never.start();
    await connector.close();
    connector = connectTo(vendor, { connection }, { baseUrl: never.url });
    never.script = () => ({ headers: { "content-length": "10" }, body: "{" });
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { code: "timeout", kind: "technical" } });
    await connector.close();
    await never.stop();
  });

  it("reads success and failure out of a 200 where the vendor hides them there", async () => {
    const outcomes = [{ when: { answer: { path: "ok", equals: false } }, is: "business" as const }];
    connector = connectTo(vendor, { outcomes, errors: { code: ["error"], message: ["error"] } });
    vendor.script = ({ method }) =>
      method === "GET" ? { body: { ok: true, clients: [] } } : { body: { ok: false, error: "is_archived" } };
    expect(await deliver(client())).toMatchObject({ ok: false, failure: { kind: "business", code: "is_archived" } });
  });

  it("says which object types there are when a mapping names another", async () => {
    connector = connectTo(vendor, {});
    expect(await deliver(client({ type: "custommer" }))).toMatchObject({
      ok: false,
      failure: { kind: "data", field: "custommer" },
    });
  });

  it("answers in the order it was asked", async () => {
    connector = connectTo(vendor, {});
    vendor.script = ({ method, body }) =>
      method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: (body as { name: string }).name } };
    const names = ["a", "b", "c", "d", "e"];
    const inputs = names.map((name) => client({ key: `res.partner,${name}`, document: { name } }));
    const results = await connector.deliver(inputs, running());
    expect(results.map((result) => result.ok && result.externalId)).toEqual(names);
  });
});
