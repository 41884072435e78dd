import type { Connector, DeliverInput, DeliverResult } from "../../../sidecar/connectors";
import type { FaultRule } from "../../sandbox/fault-rule";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { connect, input, running, TestClock } from "./connect";
import { recordsOf, VENDOR_CASES, type World } from "./vendor-cases";

/**
 * INT-05: however differently vendors work, every connector keeps the same promises. A new vendor adds itself to
 * VENDOR_CASES and has to keep all of them.
 */
describe.each(VENDOR_CASES)("the $code connector", (vendor) => {
  let sandbox: Sandbox;
  let connector: Connector;
  let clock: TestClock;
  let world: World;

  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 });
  });
  afterAll(() => sandbox.close());
  beforeEach(async () => {
    sandbox.reset();
    clock = new TestClock();
    connector = connect(vendor.code, `${sandbox.url}/${vendor.code}`, { clock });
    world = await vendor.prepare(connector);
  });
  afterEach(() => connector.close());

  const delivery = (name: string, values: Partial<DeliverInput> = {}): DeliverInput =>
    input({ key: "res.partner,42", type: vendor.type, document: vendor.document(name, world), ...values });
  const deliver = async (one: DeliverInput): Promise<DeliverResult> => {
    const [result] = await connector.deliver([one], running());
    if (!result) throw new Error("no result");
    return result;
  };
  const names = (): unknown[] => recordsOf(sandbox, vendor).map(({ fields }) => vendor.nameOf(fields));
  const onCreate = (fault: FaultRule["fault"], times = 1): void => {
    sandbox.faults.add({ system: vendor.code, match: { method: "POST", path: vendor.createPath }, fault, times });
  };

  it("creates a record and says its id", async () => {
    const result = await deliver(delivery("Acme"));
    expect(result).toMatchObject({ ok: true, created: true });
    expect(result.ok && result.externalId).toBe(recordsOf(sandbox, vendor)[0]?.id);
    expect(names()).toEqual(["Acme"]);
  });

  it("updates the record it has a link to", async () => {
    const created = await deliver(delivery("Acme"));
    const externalId = created.ok ? created.externalId : null;
    const updated = await deliver(delivery("Acme NV", { externalId }));
    expect(updated).toMatchObject({ ok: true, created: false, externalId });
    expect(names()).toEqual(["Acme NV"]);
  });

  it("makes no second record when the link was lost (RES-05)", async () => {
    await deliver(delivery("Acme"));
    const again = await deliver(delivery("Acme", { externalId: null }));
    expect(again).toMatchObject({ ok: true, created: false });
    expect(names()).toEqual(["Acme"]);
  });

  it("deletes as its vendor allows", async () => {
    const created = await deliver(delivery("Acme"));
    const externalId = created.ok ? created.externalId : null;
    const deleted = await deliver(delivery("Acme", { operation: "delete", externalId, document: {} }));
    if (vendor.deleted === "held") {
      expect(deleted).toMatchObject({ ok: false, failure: { kind: "policy", code: "delete_not_offered" } });
      expect(names()).toEqual(["Acme"]);
    } else {
      expect(deleted).toMatchObject({ ok: true, removed: true, externalId });
      expect(names()).toEqual([]);
    }
  });

  it("waits as long as the vendor asks when calls come too fast (RES-12)", async () => {
    onCreate({ kind: "status", status: 429, headers: { "Retry-After": "7" } });
    const result = await deliver(delivery("Acme"));
    expect(result).toMatchObject({ ok: false, failure: { kind: "technical", retryAfterMs: 7_000 } });
    expect(names()).toEqual([]);
  });

  it("takes a server error for nothing worse than a technical failure, and never makes two records of it", async () => {
    onCreate({ kind: "status", status: 503 });
    const result = await deliver(delivery("Acme"));
    expect(result.ok ? null : ["technical", "unknown"]).toContain(result.ok ? "ok" : result.failure.kind);
    clock.forward(60_000);
    await deliver(delivery("Acme", { verify: true, lastAttemptAt: new Date(clock.now().getTime() - 60_000) }));
    expect(names()).toEqual(["Acme"]);
  });

  it("says that the credentials are refused, and shows none of them", async () => {
    const secret = "wrong-and-secret";
    sandbox.tokens.configure(vendor.code, ["another"]);
    const credentials = vendor.code === "bamboohr" ? { apiKey: secret } : { accessToken: secret };
    const stranger = connect(vendor.code, `${sandbox.url}/${vendor.code}`, { credentials });
    const [result] = await stranger.deliver([delivery("Acme")], running());
    expect(result).toMatchObject({ ok: false, failure: { kind: "credential" } });
    expect(JSON.stringify(result)).not.toContain(secret);
    await expect(stranger.check()).rejects.toMatchObject({ failure: { kind: "credential" } });
    await stranger.close();
  });

  it("accepts working credentials in its check", async () => {
    await expect(connector.check()).resolves.toBeUndefined();
  });

  it("holds what the vendor refuses and names the field (MAP-03)", async () => {
    const result = await deliver(delivery("Acme", { document: vendor.invalid.document(world) }));
    expect(result).toMatchObject({ ok: false, failure: { kind: "data", field: vendor.invalid.field } });
    expect(names()).toEqual([]);
  });

  it("finds the record again when the answer to its create was lost (RES-05)", async () => {
    onCreate({ kind: "reset_after_apply" });
    const attemptAt = clock.now();
    const lost = await deliver(delivery("Acme"));
    expect(lost.ok).toBe(false);
    expect(names()).toEqual(["Acme"]);
    clock.forward(60_000);
    const verified = await deliver(delivery("Acme", { verify: true, lastAttemptAt: attemptAt }));
    expect(verified).toMatchObject({ ok: true, externalId: recordsOf(sandbox, vendor)[0]?.id });
    expect(names()).toEqual(["Acme"]);
  });

  it.each(["truncated", "wrong_content_type", "schema_change"] as const)(
    "makes no second record when the answer comes back as %s (RES-05)",
    async (kind) => {
      onCreate({ kind });
      const attemptAt = clock.now();
      await deliver(delivery("Acme"));
      clock.forward(60_000);
      const verified = await deliver(delivery("Acme", { verify: true, lastAttemptAt: attemptAt }));
      expect(verified).toMatchObject({ ok: true });
      expect(names()).toEqual(["Acme"]);
    },
  );

  it("takes a maintenance page for no answer", async () => {
    onCreate({ kind: "html" });
    const result = await deliver(delivery("Acme"));
    expect(result).toMatchObject({ ok: false, failure: { code: "answer_unreadable" } });
  });

  it("sends the trace and its name with every request (OBS-01)", async () => {
    await deliver(delivery("Acme"));
    const entries = sandbox.journal.list(vendor.code);
    expect(entries.at(-1)).toMatchObject({ key: "res.partner,42", traceparent: delivery("").traceparent });
  });

  it("tells what was asked, without query values", async () => {
    const result = await deliver(delivery("Acme"));
    expect(result.exchange.request).toMatch(/^[A-Z]+ \/[^?]*$/);
    expect(result.exchange.httpStatus).toBeGreaterThanOrEqual(200);
    expect(result.exchange.endedAt.getTime()).toBeGreaterThanOrEqual(result.exchange.startedAt.getTime());
  });

  if (vendor.pages !== null) {
    it("finds a record beyond the first page of a list", async () => {
      const table = sandbox.store.table(vendor.code, vendor.type);
      const notes = "no reference";
      for (let at = 0; at < (vendor.pages ?? 0) + 5; at += 1) {
        const home = world["project"] === undefined ? {} : { projects: [world["project"]] };
        table?.insert({ name: `Other ${at}`, firstName: `Other ${at}`, lastName: "Person", notes, ...home });
      }
      await deliver(delivery("Acme"));
      const again = await deliver(delivery("Acme"));
      expect(again).toMatchObject({ ok: true, created: false });
      expect(names().filter((name) => name === "Acme")).toHaveLength(1);
    });
  }
});
