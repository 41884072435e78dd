import { Breaker, VendorUnwell } from "../../../sidecar/connectors/breaker";
import { OwnCircuit } from "../../../sidecar/connectors/circuit";
import { HubError } from "../../../sidecar/domain/errors";
import { TestClock } from "./connect";

const unwell = async (): Promise<never> =>
  Promise.reject(
    new VendorUnwell(new HubError({ kind: "technical", code: "http_503", message: "It answered 503.", hint: "Wait." })),
  );
const well = async (): Promise<string> => Promise.resolve("answer");

describe("the circuit breaker (RES-08)", () => {
  let clock: TestClock;
  let breaker: Breaker;

  beforeEach(() => {
    clock = new TestClock();
    breaker = new Breaker("Vendor", new OwnCircuit({ failures: 3, halfOpenAfterMs: 10_000 }, clock), clock);
  });

  const fail = async (times: number): Promise<void> => {
    for (let n = 0; n < times; n += 1) await expect(breaker.run(unwell)).rejects.toMatchObject({ code: "http_503" });
  };

  it("stops calls after so many failures in a row, and says since when, why and until when", async () => {
    await fail(2);
    await expect(breaker.run(well)).resolves.toBe("answer");
    await fail(3);
    await expect(breaker.run(well)).rejects.toMatchObject({ code: "circuit_open", kind: "technical" });
    const { breaker: state, retryAt, since, reason } = breaker.health();
    expect([state, reason]).toEqual(["open", "It answered 503."]);
    expect((retryAt?.getTime() ?? 0) - (since?.getTime() ?? 0)).toBe(10_000);
  });

  it("lets one call through after its rest, and goes on when that succeeds", async () => {
    await fail(3);
    clock.forward(10_001);
    let answer: (value: string) => void = () => undefined;
    const probe = breaker.run(async () => new Promise<string>((resolve) => (answer = resolve)));
    await expect(breaker.run(well)).rejects.toMatchObject({ code: "circuit_open" });
    answer("back");
    await expect(probe).resolves.toBe("back");
    await expect(breaker.run(well)).resolves.toBe("answer");
    expect(breaker.health().breaker).toBe("closed");
  });

  it("rests again when the probe fails, and keeps since when the system is away", async () => {
    await fail(3);
    const { since } = breaker.health();
    clock.forward(10_001);
    await fail(1);
    expect(breaker.health()).toMatchObject({ breaker: "open", since });
    await expect(breaker.run(well)).rejects.toMatchObject({ code: "circuit_open" });
  });

  it("learns nothing from a probe that never reached the vendor, and lets the next one try", async () => {
    await fail(3);
    clock.forward(10_001);
    const waits = new HubError({ kind: "technical", code: "rate_limit_wait", message: "Full.", hint: "Wait." });
    await expect(breaker.run(async () => Promise.reject(waits))).rejects.toBe(waits);
    await expect(breaker.run(well)).resolves.toBe("answer");
  });

  it("does not send what waited for a place while the circuit opened", async () => {
    let place: () => void = () => undefined;
    let sent = false;
    const waiting = breaker.run(async (mayGo) => {
      await new Promise<void>((resolve) => (place = resolve));
      mayGo();
      sent = true;
    });
    await fail(3);
    place();
    await expect(waiting).rejects.toMatchObject({ code: "circuit_open" });
    expect(sent).toBe(false);
  });
});
