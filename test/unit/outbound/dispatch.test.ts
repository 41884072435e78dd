import type { DeliverInput, DeliverResult } from "../../../sidecar/connectors";
import { Dispatch } from "../../../sidecar/outbound/dispatch";

/** Notes the batches it is given and answers when the test lets it. */
class SlowVendor {
  readonly batches: string[][] = [];
  private waiting: (() => void)[] = [];

  batchSize = (_type: string, operation: string): number => (operation === "upsert" ? 3 : 1);

  async deliver(inputs: DeliverInput[]): Promise<DeliverResult[]> {
    this.batches.push(inputs.map((input) => input.key));
    await new Promise<void>((resolve) => this.waiting.push(resolve));
    const at = new Date();
    const exchange = { startedAt: at, endedAt: at, request: null, httpStatus: 200, mapping: null };
    return inputs.map((input) => ({ ok: true, externalId: input.key, url: null, created: true, exchange }));
  }

  answer(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

const input = (
  key: string,
  type = "company",
  operation: DeliverInput["operation"] = "upsert",
  priority = 50,
): DeliverInput => ({
  key,
  priority,
  type,
  operation,
  document: {},
  externalId: null,
  verify: false,
  idempotencyKey: key,
  firstAttemptAt: null,
  lastAttemptAt: null,
  traceparent: "",
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("dispatch", () => {
  let vendor: SlowVendor;
  let dispatch: Dispatch;
  const send = (one: DeliverInput, mayGo = () => true): Promise<DeliverResult | null> => dispatch.send(one, mayGo);

  beforeEach(() => {
    vendor = new SlowVendor();
    dispatch = new Dispatch(vendor, 2, new AbortController().signal);
  });

  it("fills batches up to the vendor's size and keeps to its concurrency", async () => {
    const sent = ["a", "b", "c", "d", "e", "f", "g"].map((key) => send(input(key)));
    await turn();
    expect(vendor.batches).toEqual([
      ["a", "b", "c"],
      ["d", "e", "f"],
    ]);
    vendor.answer();
    await turn();
    expect(vendor.batches[2]).toEqual(["g"]);
    vendor.answer();
    expect((await Promise.all(sent)).map((one) => one?.ok && one.externalId)).toEqual([
      "a",
      "b",
      "c",
      "d",
      "e",
      "f",
      "g",
    ]);
  });

  it("puts different types and operations into different requests, and none starves another", async () => {
    for (const key of ["a", "b", "c", "d", "e", "f", "g"]) void send(input(key));
    void send(input("x", "contact"));
    await turn();
    expect(vendor.batches).toEqual([["a", "b", "c"], ["x"]]);
  });

  it("does not send what is no longer ours, and answers null for it", async () => {
    const lost = send(input("a"), () => false);
    const kept = send(input("b"));
    await turn();
    expect(await lost).toBeNull();
    expect(vendor.batches).toEqual([["b"]]);
    vendor.answer();
    expect(await kept).toMatchObject({ ok: true });
  });

  it("asks again right before sending whether it may", async () => {
    let ours = true;
    for (const key of ["a", "b"]) void send(input(key, "company", "delete"));
    const waiting = send(input("c", "company", "delete"), () => ours);
    await turn();
    ours = false;
    vendor.answer();
    expect(await waiting).toBeNull();
  });

  it("sends the lowest priority number first, whatever its type and whenever it came (RES-12)", async () => {
    const remove = (key: string, priority: number) => void send(input(key, "company", "delete", priority));
    remove("busy", 50);
    remove("busy too", 50);
    remove("usual", 50);
    void send(input("note", "note", "upsert", 60));
    remove("urgent", 10);
    await turn();
    for (let answered = 0; answered < 4; answered += 1) {
      vendor.answer();
      await turn();
    }
    expect(vendor.batches).toEqual([["urgent"], ["busy"], ["busy too"], ["usual"], ["note"]]);
  });

  it("leaves half of the requests to live work, however much backfill waits (RES-12)", async () => {
    for (const key of ["a", "b", "c", "d", "e", "f"]) void send(input(key, "company", "upsert", 90));
    await turn();
    expect(vendor.batches).toEqual([["a", "b", "c"]]);
    void send(input("live"));
    await turn();
    expect(vendor.batches).toEqual([["a", "b", "c"], ["live"]]);
  });

  it("halted, answers null for what waits and the truth for what is on the way", async () => {
    const onTheWay = [send(input("a", "company", "delete")), send(input("b", "company", "delete"))];
    const waiting = send(input("c", "company", "delete"));
    await turn();
    dispatch.halt();
    expect(await waiting).toBeNull();
    vendor.answer();
    expect(await Promise.all(onTheWay)).toMatchObject([{ ok: true }, { ok: true }]);
  });
});
