import type { PollHealth } from "../../../sidecar/domain/poll-health";
import type { QueueScene } from "./scene";

/** What the queue says about itself. */
export function figuresPromises(t: QueueScene): void {
  it("counts what is open, per system and state", async () => {
    await t.change("res.partner,1");
    await t.change("res.partner,2");
    await t.claim("w1", 1);
    const health = await t.queue.health();
    const mine = health.systems.find((s) => s.code === t.system);
    expect(mine).toMatchObject({ state: "active", counts: { pending: 1, processing: 1 } });
    expect(mine?.oldestOpenAt).toBeInstanceOf(Date);
  });

  it("counts what will be sent, by object and change (PERF-07)", async () => {
    await t.deliverFirst("res.partner,1", "901");
    await t.change("res.partner,1");
    await t.change("res.partner,1");
    await t.change("res.partner,2");
    await t.change("res.partner,3", { operation: "unlink" });
    await t.change("account.move,4", { object: "invoice", coalesce: false });
    await t.change("account.move,4", { object: "invoice", coalesce: false });
    const mine = (await t.queue.backlog()).filter(({ system }) => system === t.system);
    expect(mine.map(({ object, change, records }) => [object, change, records])).toEqual([
      ["customer", "create", 1],
      ["customer", "delete", 1],
      ["customer", "update", 1],
      ["invoice", "create", 2],
    ]);
  });

  it("keeps what a sidecar says about rate limits, and writes only what changed (RES-12)", async () => {
    const bucket = (name: string, used: number, waitsUntil: Date | null = null) => ({
      bucket: name,
      requests: 100,
      perMs: 10_000,
      used,
      waitsUntil,
    });
    const until = new Date("2031-01-01T00:00:07.000Z");
    await t.queue.report(t.system, [bucket("default", 100, until), bucket("search", 3), bucket("old", 1)]);
    await t.queue.report(t.system, [bucket("default", 100, until), bucket("search", 4)]);
    const [usual, search, ...others] = await t.fixture.limits(t.system);
    expect(others).toEqual([]);
    expect(usual).toMatchObject({ bucket: "default", requests: 100, per_ms: 10_000, used: 100, waits_until: until });
    expect(search).toMatchObject({ bucket: "search", used: 4, waits_until: null });
    expect(search?.["reported_at"]).not.toEqual(usual?.["reported_at"]);
  });

  it("keeps which lists of changes cannot be read, and says when that changed (OBS-03)", async () => {
    const lookedAt = new Date("2031-01-01T00:05:00.000Z");
    const list = (type: string, failing: PollHealth["failing"] = null): PollHealth => ({
      type,
      objects: ["timesheet", "expense"],
      lookedAt,
      failing,
    });
    const failing = {
      since: new Date("2031-01-01T00:00:00.000Z"),
      failure: { kind: "credential", code: "http_401", message: "Refused.", hint: "Give it another key." } as const,
    };
    expect(await t.queue.reportPolls(t.system, [list("approval", failing), list("project"), list("user")])).toBe(true);
    expect(await t.queue.reportPolls(t.system, [list("approval", failing), list("project")])).toBe(false);
    const [approval, project, ...others] = await t.fixture.polls(t.system);
    expect(others).toEqual([]);
    expect(approval).toMatchObject({
      type: "approval",
      objects: "expense,timesheet",
      looked_at: lookedAt,
      failing_since: failing.since,
      error_kind: "credential",
      error_code: "http_401",
      error_message: "Refused.",
      error_hint: "Give it another key.",
    });
    expect(project).toMatchObject({ type: "project", failing_since: null, error_code: null, error_message: null });
    expect(await t.queue.reportPolls(t.system, [list("approval"), list("project")])).toBe(true);
    expect((await t.fixture.polls(t.system)).map((row) => row["failing_since"])).toEqual([null, null]);
    expect(await t.queue.reportPolls(t.system, [])).toBe(false);
    expect(await t.fixture.polls(t.system)).toEqual([]);
  });

  it("says which database it is (SEC-12)", async () => {
    const identity = await t.queue.identity();
    expect(identity.databaseUuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(identity.contractVersion).toBe(1);
  });
}
