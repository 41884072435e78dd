import { randomBytes } from "node:crypto";
import type { ClaimedDelivery, Settlement } from "../../sidecar/domain/delivery";
import type { Failure } from "../../sidecar/domain/errors";
import type { Queue } from "../../sidecar/odoo/queue";
import type { QueueFixture } from "./queue-fixture";
import { type Change } from "./queue-fixture";

export interface QueueUnderTest {
  queue: Queue;
  fixture: QueueFixture;
}

const LEASE = 60;

/**
 * The promises of the queue contract, the same over every transport (DESIGN D1). Each test works on a system of its own, so the
 * database may be shared with whatever else is in it.
 */
export function queueContract(open: () => QueueUnderTest): void {
  let queue: Queue;
  let fixture: QueueFixture;
  let system: string;

  beforeEach(async () => {
    ({ queue, fixture } = open());
    system = `sys_${randomBytes(4).toString("hex")}`;
    await fixture.system(system, { maxAttempts: 3 });
  });

  const change = (lane: string, rest: Partial<Change> = {}): Promise<number> =>
    fixture.change({ system, lane, ...rest });
  const claim = (worker = "w1", max = 50): Promise<ClaimedDelivery[]> =>
    queue.claim(worker, system, max, LEASE).then((answer) => answer.claimed);
  const settle = (results: Settlement[], worker = "w1"): ReturnType<Queue["settle"]> => queue.settle(worker, results);

  describe("claim", () => {
    it("gives a delivery everything that is needed to send it", async () => {
      const id = await change("res.partner,1", { record: { name: "Acme" }, object: "customer", operation: "create" });
      const [delivery] = await claim();
      expect(delivery).toMatchObject({
        id,
        lane: "res.partner,1",
        model: "res.partner",
        resId: 1,
        operation: "create",
        object: "customer",
        eventType: "customer.changed",
        attempts: 1,
        verify: false,
        forced: false,
        lastAttemptAt: null,
        links: [],
      });
      expect(JSON.parse(delivery?.payload ?? "null")).toMatchObject({ record: { id: 1, name: "Acme" } });
      expect(delivery?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(Math.abs(Date.now() - (delivery?.occurredAt.getTime() ?? 0))).toBeLessThan(60_000);
    });

    it("gives nothing twice, to the same worker or another", async () => {
      await change("res.partner,1");
      expect(await claim("w1")).toHaveLength(1);
      expect(await claim("w1")).toHaveLength(0);
      expect(await claim("w2")).toHaveLength(0);
    });

    it("shares the work between two workers claiming at once, without overlap", async () => {
      const ids: number[] = [];
      for (let n = 1; n <= 20; n += 1) ids.push(await change(`res.partner,${n}`));
      const [first, second] = await Promise.all([claim("w1", 10), claim("w2", 10)]);
      const claimed = [...first, ...second].map((delivery) => delivery.id);
      for (const delivery of await claim("w1")) claimed.push(delivery.id);
      expect(claimed.sort((a, b) => a - b)).toEqual(ids);
    });

    it("takes urgent deliveries first, then the oldest", async () => {
      const late = await change("res.partner,1", { priority: 90 });
      const first = await change("res.partner,2");
      const second = await change("res.partner,3");
      const urgent = await change("res.partner,4", { priority: 10 });
      expect((await claim("w1", 1)).map((d) => d.id)).toEqual([urgent]);
      expect((await claim("w1", 1)).map((d) => d.id)).toEqual([first]);
      expect((await claim("w1", 1)).map((d) => d.id)).toEqual([second]);
      expect((await claim("w1", 1)).map((d) => d.id)).toEqual([late]);
    });

    it("refuses a system that Odoo does not know, and says how to mend it", async () => {
      const unknown = queue.claim("w1", "nowhere", 1, LEASE);
      await expect(unknown).rejects.toMatchObject({
        failure: { message: expect.stringContaining("nowhere") as string },
      });
    });
  });

  describe("lanes (RES-06)", () => {
    it("keeps one delivery of a record in flight, and lets the next go when it has ended", async () => {
      const first = await change("res.partner,1", { coalesce: false });
      const second = await change("res.partner,1", { coalesce: false });
      const answer = await queue.claim("w1", system, 50, LEASE);
      expect(answer.claimed.map((d) => d.id)).toEqual([first]);
      expect(await fixture.states([first, second])).toEqual(["processing", "waiting"]);

      await settle([delivered(first, "a1")]);
      expect(await queue.unpark(system, ["res.partner,1"])).toBe(1);
      expect((await claim()).map((d) => d.id)).toEqual([second]);
    });

    it("names the lanes it parked behind one in flight, so that none is forgotten", async () => {
      await change("res.partner,1", { coalesce: false });
      await claim();
      await change("res.partner,1", { coalesce: false });
      expect(await queue.claim("w1", system, 50, LEASE)).toMatchObject({ claimed: [], parked: ["res.partner,1"] });
    });

    it("lets a failing record block its own lane and no other", async () => {
      const failing = await change("res.partner,1");
      const [delivery] = await claim();
      await settle([failed(delivery?.id ?? 0, "retry", { kind: "technical", code: "http_503" })]);
      const behind = await change("res.partner,1");
      const other = await change("res.partner,2");
      expect((await claim()).map((d) => d.id)).toEqual([other]);
      expect(await fixture.states([failing, behind])).toEqual(["retry", "waiting"]);
    });

    it("sends only the last of several unsent full states", async () => {
      const ids = [await change("res.partner,1"), await change("res.partner,1"), await change("res.partner,1")];
      expect((await claim()).map((d) => d.id)).toEqual([ids[2]]);
      expect(await fixture.states(ids)).toEqual(["superseded", "superseded", "processing"]);
    });

    it("sends a later full state in place of one that waits for its retry, once that is due", async () => {
      const failing = await change("res.partner,1");
      await claim();
      await settle([failed(failing, "retry", { kind: "technical", code: "http_503" })]);
      const later = await change("res.partner,1");
      expect(await claim()).toHaveLength(0);
      await fixture.letTimePass(system);
      expect((await claim()).map((d) => d.id)).toEqual([later]);
      expect(await fixture.states([failing])).toEqual(["superseded"]);
    });

    it("sends a corrected record in place of the one that was held for its data", async () => {
      const broken = await change("res.partner,1");
      await claim();
      await settle([
        failed(broken, "held", { kind: "data", code: "canonical_required_missing", field: "customer.name" }),
      ]);
      const corrected = await change("res.partner,1");
      expect((await claim()).map((d) => d.id)).toEqual([corrected]);
      expect(await fixture.states([broken])).toEqual(["superseded"]);
    });

    it("keeps a record that was held by policy in front of its later states", async () => {
      const held = await change("res.partner,1");
      await claim();
      await settle([failed(held, "held", { kind: "policy", code: "mass_change" })]);
      const later = await change("res.partner,1");
      expect(await claim()).toHaveLength(0);
      expect(await fixture.states([held, later])).toEqual(["held", "waiting"]);
    });

    it("never lets a state overtake what is no full state", async () => {
      const note = await change("res.partner,1", { coalesce: false });
      const state = await change("res.partner,1");
      expect((await claim()).map((d) => d.id)).toEqual([note]);
      expect(await fixture.states([note, state])).toEqual(["processing", "waiting"]);
    });

    it("lets a delete take the place of the unsent states before it", async () => {
      const ids = [await change("res.partner,1"), await change("res.partner,1", { operation: "unlink" })];
      expect((await claim()).map((d) => d.id)).toEqual([ids[1]]);
      expect(await fixture.states(ids)).toEqual(["superseded", "processing"]);
    });

    it("does not wake a lane that could only fall asleep again", async () => {
      const held = await change("res.partner,1", { object: "customer" });
      await claim();
      await settle([failed(held, "held", { kind: "data", code: "bad" })]);
      await change("res.partner,1", { object: "contact" });
      await claim();
      expect(await queue.unpark(system, ["res.partner,1"])).toBe(0);
    });
  });

  describe("settle", () => {
    it("stores state, attempt and link together (MAP-04)", async () => {
      const id = await change("res.partner,1");
      await claim();
      expect(await settle([delivered(id, "remote-7")])).toEqual([{ id, state: "delivered", accepted: true }]);
      expect(await queue.links(system, ["res.partner,1"])).toEqual([
        { lane: "res.partner,1", type: "company", externalId: "remote-7", url: "https://example.com/remote-7" },
      ]);
      expect(await fixture.attempts(id)).toMatchObject([
        {
          number: 1,
          worker: "w1",
          outcome: "delivered",
          http_status: 201,
          request: "POST /companies",
          mapping: "customer@1 > x.company@1",
        },
      ]);
      expect(await fixture.delivery(id)).toMatchObject({
        external_id: "remote-7",
        lease_until: null,
        error_kind: null,
      });
    });

    it("gives the next claim of that record its link", async () => {
      await settleFirst("res.partner,1", "remote-7");
      await change("res.partner,1");
      const [next] = await claim();
      expect(next?.links).toEqual([
        { type: "company", externalId: "remote-7", url: "https://example.com/remote-7", fingerprint: "f1" },
      ]);
    });

    it("refuses the answer of a worker that does not hold the delivery", async () => {
      const id = await change("res.partner,1");
      await claim("w1");
      expect(await settle([delivered(id, "x")], "w2")).toEqual([{ id, state: "processing", accepted: false }]);
      expect(await queue.links(system, ["res.partner,1"])).toEqual([]);
    });

    it("retries a technical failure later each time, and gives up after the system's last try (RES-02, RES-03)", async () => {
      const id = await change("res.partner,1");
      const waits: number[] = [];
      for (const expected of ["retry", "retry", "dead"]) {
        expect(await claim()).toHaveLength(1);
        const [result] = await settle([failed(id, "retry", { kind: "technical", code: "http_503" })]);
        expect(result?.state).toBe(expected);
        const row = await fixture.delivery(id);
        if (row["next_attempt_at"] instanceof Date) waits.push(row["next_attempt_at"].getTime());
        await fixture.letTimePass(system);
      }
      expect(waits).toHaveLength(2);
      expect(await claim()).toHaveLength(0);
      expect(await fixture.attempts(id)).toHaveLength(3);
    });

    it("does not come back before the vendor's Retry-After (RES-12)", async () => {
      const id = await change("res.partner,1");
      await claim();
      const before = Date.now();
      await settle([failed(id, "retry", { kind: "technical", code: "http_429", retryAfterMs: 90_000 })]);
      const row = await fixture.delivery(id);
      // The column is a UTC time without a zone; pg reads it in the process's zone, which the tests run in UTC.
      expect((row["next_attempt_at"] as Date).getTime()).toBeGreaterThanOrEqual(before + 89_000);
    });

    it("holds a failure of data with its field and cause", async () => {
      const id = await change("res.partner,1");
      await claim();
      await settle([failed(id, "held", { kind: "data", code: "canonical_required_missing", field: "customer.name" })]);
      expect(await fixture.delivery(id)).toMatchObject({
        state: "held",
        error_kind: "data",
        error_field: "customer.name",
        cause: "data:canonical_required_missing:customer.name",
      });
    });

    it("hands back what was released without counting a try", async () => {
      const id = await change("res.partner,1");
      await claim();
      await settle([{ id, outcome: "released", exchange: null }]);
      expect(await fixture.delivery(id)).toMatchObject({ state: "pending", attempts: 0 });
    });

    it("keeps the link and the lease while a write-back follows", async () => {
      const id = await change("res.partner,1");
      await claim();
      expect(await settle([{ ...delivered(id, "remote-1"), outcome: "applied" }])).toMatchObject([
        { state: "processing" },
      ]);
      expect(await queue.links(system, ["res.partner,1"])).toHaveLength(1);
      expect(await settle([{ id, outcome: "delivered", exchange: null }])).toMatchObject([{ state: "delivered" }]);
    });

    it("gives an external record to one Odoo record only, and holds the other (RES-05)", async () => {
      const [one, two] = [await change("res.partner,1"), await change("res.partner,2")];
      await claim();
      const results = await settle([delivered(one, "same"), delivered(two, "same")]);
      expect(results.map((result) => result.state)).toEqual(["delivered", "held"]);
      expect(await fixture.delivery(two)).toMatchObject({ error_kind: "business", error_code: "link_taken" });
    });

    it("forgets the link of a record that was removed there", async () => {
      await settleFirst("res.partner,1", "remote-7");
      const gone = await change("res.partner,1", { operation: "unlink" });
      await claim();
      const removed: Settlement = delivered(gone, "remote-7");
      if (removed.link) removed.link.removed = true;
      await settle([removed]);
      expect(await queue.links(system, ["res.partner,1"])).toEqual([]);
    });
  });

  describe("dependencies", () => {
    it("lets a delivery wait for another record's link, and start by itself when it is there", async () => {
      const contact = await change("res.partner,2", { object: "contact" });
      await claim();
      expect(await settle([waiting(contact, "res.partner,1")])).toMatchObject([{ state: "waiting" }]);
      await settleFirst("res.partner,1", "remote-1");
      const [next] = await claim();
      expect(next).toMatchObject({ id: contact, attempts: 1 });
    });

    it("does not sleep when the link came between the look and the settle", async () => {
      const contact = await change("res.partner,2", { object: "contact" });
      await claim();
      await settleFirst("res.partner,1", "remote-1", "w2");
      expect(await settle([waiting(contact, "res.partner,1")])).toMatchObject([{ state: "pending" }]);
    });

    it("releases everything that was held for the same missing reference", async () => {
      const ids = [await change("res.partner,2"), await change("res.partner,3")];
      await claim();
      await settle(
        ids.map((id) => ({
          ...failed(id, "held", { kind: "data", code: "missing_reference" }),
          waitFor: "res.partner,1",
        })),
      );
      await settleFirst("res.partner,1", "remote-1");
      expect((await claim()).map((d) => d.id)).toEqual(ids);
    });
  });

  describe("leases", () => {
    it("renews what the worker still holds, and says what it has lost", async () => {
      const [mine, other] = [await change("res.partner,1"), await change("res.partner,2")];
      await claim("w1", 1);
      await claim("w2", 1);
      expect(await queue.renew("w1", [mine, other], LEASE)).toEqual([mine]);
    });

    it("treats an expired lease as unknown, never as not sent (D4)", async () => {
      const id = await change("res.partner,1");
      await claim("w1");
      await fixture.letTimePass(system);
      expect(await queue.reap()).toBeGreaterThanOrEqual(1);
      expect(await fixture.states([id])).toEqual(["unknown"]);
      const [again] = await claim("w2");
      expect(again).toMatchObject({ id, verify: true, attempts: 2 });
      expect(again?.lastAttemptAt).toBeInstanceOf(Date);
      expect(await fixture.attempts(id)).toMatchObject([
        { outcome: "unknown", error_code: "lease_expired", worker: "w1" },
      ]);
    });

    it("still takes the late answer of the worker that had sent it", async () => {
      const id = await change("res.partner,1");
      await claim("w1");
      await fixture.letTimePass(system);
      await queue.reap();
      expect(await settle([delivered(id, "remote-1")], "w1")).toEqual([{ id, state: "delivered", accepted: true }]);
    });

    it("wakes a lane whose worker died between its commit and the wake-up", async () => {
      const [first, second] = [
        await change("res.partner,1", { coalesce: false }),
        await change("res.partner,1", { coalesce: false }),
      ];
      await claim();
      await settle([delivered(first, "remote-1")]);
      expect(await fixture.states([second])).toEqual(["waiting"]);
      await queue.reap();
      expect((await claim()).map((d) => d.id)).toEqual([second]);
    });

    it("keeps asking for a look-up until the outcome is known", async () => {
      const id = await change("res.partner,1");
      await claim("w1");
      await settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })]);
      await fixture.letTimePass(system);
      expect(await claim("w1")).toMatchObject([{ id, verify: true }]);
      await settle([{ id, outcome: "released", exchange: null }]);
      await fixture.letTimePass(system);
      expect(await claim("w1")).toMatchObject([{ id, verify: true }]);
    });

    it("gives an outcome that stays unknown to a person in the end", async () => {
      const id = await change("res.partner,1");
      for (const expected of ["unknown", "unknown", "held"]) {
        await claim();
        expect(await settle([failed(id, "unknown", { kind: "unknown", code: "no_answer" })])).toMatchObject([
          { state: expected },
        ]);
        await fixture.letTimePass(system);
      }
    });
  });

  describe("pause and replay", () => {
    it("claims nothing from a paused system, and goes on when it is resumed", async () => {
      await change("res.partner,1");
      await queue.pause(system, "credential", "The token was refused.", null);
      expect(await claim()).toHaveLength(0);
      expect((await queue.systems()).find((s) => s.code === system)).toMatchObject({
        state: "paused",
        pauseKind: "credential",
        pauseReason: "The token was refused.",
      });
      await queue.resume(system);
      expect(await claim()).toHaveLength(1);
    });

    it("ends a pause by itself when its term has passed", async () => {
      await change("res.partner,1");
      await queue.pause(system, "breaker", "Too many failures.", new Date(Date.now() - 1_000));
      expect(await claim()).toHaveLength(1);
    });

    it("never replaces a person's pause by its own", async () => {
      await queue.pause(system, "manual", "Maintenance", null);
      await queue.pause(system, "breaker", "Too many failures.", new Date(Date.now() - 1_000));
      await change("res.partner,1");
      expect(await claim()).toHaveLength(0);
    });

    it("sends the same payload again, and keeps the history (RES-04)", async () => {
      const id = await settleFirst("res.partner,1", "remote-1");
      expect(await queue.replay([id], "operator", true)).toEqual([id]);
      expect(await claim()).toMatchObject([{ id, forced: true, attempts: 1 }]);
      const attempts = await fixture.attempts(id);
      expect(attempts.map((attempt) => [attempt["outcome"], attempt["worker"]])).toEqual([
        ["delivered", "w1"],
        ["sent_again", "operator"],
      ]);
    });

    it("does not replay what is in flight", async () => {
      const id = await change("res.partner,1");
      await claim();
      expect(await queue.replay([id], "operator", true)).toEqual([]);
    });

    it("finds deliveries by what a person would filter on", async () => {
      const id = await change("res.partner,1", { object: "contact" });
      await change("res.partner,2");
      expect(await queue.findDeliveries({ system, object: "contact" }, 10)).toEqual([id]);
      expect(await queue.findDeliveries({ system, states: ["held"] }, 10)).toEqual([]);
      expect(await queue.findDeliveries({ system, since: new Date(Date.now() + 60_000) }, 10)).toEqual([]);
    });
  });

  it("counts what is open, per system and state", async () => {
    await change("res.partner,1");
    await change("res.partner,2");
    await claim("w1", 1);
    const health = await queue.health();
    const mine = health.systems.find((s) => s.code === system);
    expect(mine).toMatchObject({ state: "active", counts: { pending: 1, processing: 1 } });
    expect(mine?.oldestOpenAt).toBeInstanceOf(Date);
  });

  it("says which database it is (SEC-12)", async () => {
    const identity = await queue.identity();
    expect(identity.databaseUuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(identity.contractVersion).toBe(1);
  });

  /** A first change of the record, delivered. */
  async function settleFirst(lane: string, externalId: string, worker = "w1"): Promise<number> {
    const id = await change(lane, { priority: 1 });
    await claim(worker, 1);
    await settle([delivered(id, externalId)], worker);
    return id;
  }
}

function exchange(): Settlement["exchange"] {
  const now = new Date();
  return {
    startedAt: now,
    endedAt: now,
    request: "POST /companies",
    httpStatus: 201,
    mapping: "customer@1 > x.company@1",
  };
}

function delivered(id: number, externalId: string): Settlement {
  const link = { type: "company", externalId, url: `https://example.com/${externalId}`, fingerprint: "f1" };
  return { id, outcome: "delivered", exchange: exchange(), link };
}

function failed(id: number, outcome: Settlement["outcome"], failure: Partial<Failure>): Settlement {
  const complete = {
    kind: "technical",
    code: "test",
    message: "It did not work.",
    hint: "Try again.",
    ...failure,
  } as const;
  return { id, outcome, exchange: exchange(), failure: complete };
}

function waiting(id: number, lane: string): Settlement {
  return { id, outcome: "waiting", exchange: null, waitFor: lane };
}
