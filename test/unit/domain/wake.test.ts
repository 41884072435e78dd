import { Wake } from "../../../sidecar/domain/wake";

describe("waking", () => {
  it("ends a sleep at once", async () => {
    const wake = new Wake();
    const sleep = wake.sleep(60_000);
    wake.now();
    await sleep;
  });

  it("is not lost when nobody sleeps yet", async () => {
    const wake = new Wake();
    wake.now();
    await wake.sleep(60_000);
  });
});
