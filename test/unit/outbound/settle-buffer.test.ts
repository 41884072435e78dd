import { pino } from "pino";
import type { Settlement } from "../../../sidecar/domain/delivery";
import { HubError } from "../../../sidecar/domain/errors";
import type { Settled } from "../../../sidecar/odoo/queue";
import { SettleBuffer } from "../../../sidecar/outbound/settle-buffer";

/** A queue whose settle the test drives: what the database does when it is away or refuses a row. */
class SettleQueue {
  readonly batches: number[][] = [];
  readonly woken: string[][] = [];
  inFlight = 0;
  mostInFlight = 0;
  /** Throws to refuse a batch. */
  refuse: (ids: number[]) => void = () => undefined;

  async settle(_worker: string, settlements: Settlement[]): Promise<Settled[]> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    this.inFlight -= 1;
    const ids = settlements.map((settlement) => settlement.id);
    this.batches.push(ids);
    this.refuse(ids);
    return ids.map((id) => ({ id, state: "delivered", accepted: true }));
  }

  async unpark(_system: string, lanes: string[]): Promise<number> {
    this.woken.push(lanes);
    return Promise.resolve(0);
  }
}

const delivered = (id: number): Settlement => ({ id, claims: 1, outcome: "delivered", exchange: null });
const failure = (kind: "technical" | "data"): HubError => new HubError({ kind, code: "x", message: "x", hint: "x" });

describe("the settle buffer", () => {
  let queue: SettleQueue;
  let buffer: SettleBuffer;
  /** Deliveries on the way, those whose outcome waits in the buffer included. */
  let unsettled: number;

  beforeEach(() => {
    queue = new SettleQueue();
    unsettled = Infinity;
    buffer = new SettleBuffer(queue, "w1", "hubspot", pino({ level: "silent" }), () => unsettled);
  });

  const add = (id: number): Promise<Settled | null> => buffer.add(`res.partner,${id}`, delivered(id));

  it("settles what ends at about the same time together, and answers each", async () => {
    expect(await Promise.all([add(1), add(2), add(3)])).toMatchObject([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(queue.batches).toEqual([[1, 2, 3]]);
  });

  it("waits for nobody when nothing else is on the way", async () => {
    unsettled = 2;
    const [first, second] = [add(1), add(2)];
    const third = add(3);
    await Promise.all([first, second, third]);
    expect(queue.batches).toEqual([[1, 2], [3]]);
  });

  it("puts at most 500 in one statement and keeps one statement on the way", async () => {
    await Promise.all(Array.from({ length: 1_200 }, (_, index) => add(index + 1)));
    expect(queue.batches.map((batch) => batch.length)).toEqual([500, 500, 200]);
    expect(queue.mostInFlight).toBe(1);
  });

  it("wakes the lanes of a batch after it is stored, but not those whose write-back follows", async () => {
    await Promise.all([add(1), buffer.add("res.partner,2", { ...delivered(2), outcome: "applied" })]);
    await buffer.drain(new AbortController().signal);
    expect(queue.woken).toEqual([["res.partner,1"]]);
  });

  it("keeps an outcome while the database is away, and stores it when it is back", async () => {
    let failures = 2;
    queue.refuse = () => {
      if (failures-- > 0) throw failure("technical");
    };
    expect(await add(1)).toMatchObject({ accepted: true });
    expect(queue.batches).toEqual([[1], [1], [1]]);
  });

  it("finds the one outcome the database cannot store and loses no other", async () => {
    queue.refuse = (ids) => {
      if (ids.includes(3)) throw failure("data");
    };
    const settled = await Promise.all([1, 2, 3, 4, 5].map(add));
    expect(settled.map((one) => one?.id ?? null)).toEqual([1, 2, null, 4, 5]);
  });

  it("gives up at the deadline of a stop, so that the lease takes over", async () => {
    queue.refuse = () => {
      throw failure("technical");
    };
    const pending = add(1);
    await buffer.drain(AbortSignal.timeout(50));
    expect(await pending).toBeNull();
  });

  it("drains what was just added", async () => {
    const pending = add(1);
    await buffer.drain(new AbortController().signal);
    expect(await pending).toMatchObject({ id: 1 });
  });
});
