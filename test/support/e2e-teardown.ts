import { down } from "../stack/up";
import { E2E_STACK } from "./e2e-setup";

/** Jest's globalTeardown of the e2e project. `HUB_KEEP_STACK=1` leaves the stack for the next run or for looking around. */
export default async function tearDown(): Promise<void> {
  if (process.env["HUB_KEEP_STACK"] !== "1") await down(E2E_STACK);
}
