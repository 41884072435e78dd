import { randomBytes } from "node:crypto";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";
import { QueueScene } from "../../support/queue-contract/scene";
import { failed } from "../../support/queue-contract/settlements";

let database: QueueDatabase;
const t = new QueueScene();

beforeAll(async () => {
  database = await openQueueDatabase();
}, 600_000);
beforeEach(async () => {
  await t.begin(database.queue, database.fixture);
});
afterAll(async () => {
  await database?.close();
});

/** What Odoo's screens call when a person has looked at a target that nobody else can look into. */
describe("a person decides about an outcome that cannot be looked up (D4)", () => {
  /** A worker died with it, and the target cannot be asked. */
  async function heldUnknown(lane: string): Promise<number> {
    const id = await t.change(lane);
    await t.claim("w1");
    await t.fixture.letTimePass(t.system);
    await t.queue.reap();
    await t.claim("w2");
    await t.settle([failed(id, "held", { kind: "unknown", code: "outcome_unknown", field: "company" })], "w2");
    return id;
  }

  const taken = async (id: number, externalId: string): Promise<{ decided: boolean; owner_lane: string | null }> => {
    const { rows } = await database.owner.query<{ decided: boolean; owner_lane: string | null }>(
      "SELECT * FROM integration_hub_private.decide_taken($1, 'company', $2, NULL, 'Ann', 2, 'I see it there')",
      [id, externalId],
    );
    return rows[0] as { decided: boolean; owner_lane: string | null };
  };
  const notTaken = async (ids: number[]): Promise<number[]> => {
    const { rows } = await database.owner.query<{ id: number }>(
      "SELECT integration_hub_private.decide_not_taken($1, 'Ann', 2, 'I looked everywhere') AS id",
      [ids],
    );
    return rows.map((row) => row.id);
  };

  it("it is there: the link is stored, the change counts as delivered, and what waited goes on", async () => {
    const id = await heldUnknown("res.partner,1");
    const behind = await t.change("res.partner,1", { coalesce: false });
    expect(await t.claim()).toEqual([]);
    const externalId = `remote-${randomBytes(4).toString("hex")}`;

    expect(await taken(id, externalId)).toEqual({ decided: true, owner_lane: null });
    expect(await t.fixture.delivery(id)).toMatchObject({
      state: "delivered",
      external_id: externalId,
      verify: false,
      error_code: null,
    });
    expect((await t.fixture.attempts(id)).at(-1)).toMatchObject({
      outcome: "person_linked",
      number: 0,
      worker: "Ann",
      user_id: 2,
      reason: "I see it there",
    });
    expect(await t.claim()).toMatchObject([{ id: behind, links: [{ type: "company", externalId }] }]);
  });

  it("it is not there: the change goes like a new one, and is not asked about again", async () => {
    const id = await heldUnknown("res.partner,1");
    expect(await notTaken([id])).toEqual([id]);
    expect(await t.claim()).toMatchObject([{ id, verify: false, attempts: 1, lastAttemptAt: null }]);
    expect((await t.fixture.attempts(id)).at(-1)).toMatchObject({ outcome: "person_sent", worker: "Ann", user_id: 2 });
  });

  it("refuses an external record that belongs to another record, and names that one", async () => {
    await t.deliverFirst("res.partner,1", "remote-1");
    const id = await heldUnknown("res.partner,2");
    expect(await taken(id, "remote-1")).toEqual({ decided: false, owner_lane: "res.partner,1" });
    expect(await t.fixture.states([id])).toEqual(["held"]);
  });

  it("is not asked where nothing can have happened", async () => {
    const id = await t.change("res.partner,1");
    await t.claim();
    await t.settle([failed(id, "held", { kind: "data", code: "canonical_required_missing" })]);
    expect(await taken(id, "remote-1")).toEqual({ decided: false, owner_lane: null });
    expect(await notTaken([id])).toEqual([]);
  });
});
