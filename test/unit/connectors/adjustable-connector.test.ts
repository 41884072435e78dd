import { AdjustableConnector, MemoryTokens, placesFor, type Connector } from "../../../sidecar/connectors";
import { systemClock } from "../../../sidecar/connectors/connector";
import type { KeptTokens } from "../../../sidecar/domain/token-store";
import { connect, input, running } from "./connect";

/** A connector whose calls last until they are let go. */
function lasting(): { connector: Connector; entered: string[]; letGo: () => void; closed: () => boolean } {
  const entered: string[] = [];
  let closed = false;
  let letGo = (): void => undefined;
  const free = new Promise<void>((resolve) => (letGo = resolve));
  const connector = {
    deliver: async (inputs: { key: string }[]) => {
      entered.push(...inputs.map(({ key }) => key));
      await free;
      return [];
    },
    close: async () => {
      closed = true;
      return Promise.resolve();
    },
  } as unknown as Connector;
  return { connector, entered, letGo, closed: () => closed };
}

/** New settings count from the next call on and cut nothing off (GOV-02). */
describe("a connector whose settings change", () => {
  const company = (key: string) => [input({ key, type: "company" })];

  it("lets calls on the way finish as they began, and only then closes what they run on", async () => {
    const [first, second] = [lasting(), lasting()];
    const adjustable = new AdjustableConnector(first.connector, 10);
    const call = adjustable.deliver(company("a"), running());
    await adjustable.replace(second.connector);
    const later = adjustable.deliver(company("b"), running());
    expect([first.entered, second.entered]).toEqual([["a"], ["b"]]);
    expect(first.closed()).toBe(false);
    first.letGo();
    await call;
    expect([first.closed(), second.closed()]).toEqual([true, false]);
    second.letGo();
    await later;
    expect(second.closed()).toBe(false);
  });

  it("closes at once what nobody uses", async () => {
    const [first, second] = [lasting(), lasting()];
    await new AdjustableConnector(first.connector, 10).replace(second.connector);
    expect(first.closed()).toBe(true);
  });

  it("begins no rate limit anew: what was used counts against the new number (RES-12)", async () => {
    const places = placesFor("crm", undefined, systemClock);
    places.limitTo({ default: { requests: 5, perMs: 60_000 } });
    expect((await places.ask("default", 5, 50, 0)).granted).toBe(5);
    places.limitTo({ default: { requests: 6, perMs: 60_000 } });
    expect((await places.ask("default", 5, 50, 0)).granted).toBe(1);
    places.limitTo({ default: { requests: 2, perMs: 60_000 } });
    expect((await places.ask("default", 1, 50, 0)).granted).toBe(0);
  });

  it("stays signed in: a refresh token that a vendor takes once is not tried again", async () => {
    const tokens = new MemoryTokens();
    const fetched = (n: number): KeptTokens => ({
      refreshToken: `r${n}`,
      accessToken: `a${n}`,
      expiresAt: 0,
      answer: {},
    });
    const seen: (string | undefined)[] = [];
    const renew = async (configured: string, n: number): Promise<unknown> =>
      tokens.renew(configured, async (kept) => {
        seen.push(kept?.refreshToken);
        return Promise.resolve(fetched(n));
      });
    await Promise.all([renew("configured", 1), renew("configured", 2)]);
    await renew("another", 3);
    expect(seen).toEqual([undefined, "r1", undefined]);
  });

  it("says the same of itself whatever it runs on", () => {
    const crm = connect("hubspot", "http://127.0.0.1:1");
    const adjustable = new AdjustableConnector(crm, 10);
    expect([adjustable.code, adjustable.largestBatch, adjustable.blind]).toEqual(["hubspot", crm.largestBatch, false]);
  });
});
