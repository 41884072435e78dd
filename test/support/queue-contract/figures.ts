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

  it("says which database it is (SEC-12)", async () => {
    const identity = await t.queue.identity();
    expect(identity.databaseUuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(identity.contractVersion).toBe(1);
  });
}
