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

  it("says which database it is (SEC-12)", async () => {
    const identity = await t.queue.identity();
    expect(identity.databaseUuid).toMatch(/^[0-9a-f-]{36}$/);
    expect(identity.contractVersion).toBe(1);
  });
}
