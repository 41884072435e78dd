import { down } from "../stack/up";
import { stackNames } from "./e2e-setup";

/** Jest's globalTeardown of the e2e project. `HUB_KEEP_STACK=1` leaves the stacks for the next run or for looking around. */
export default async function tearDown({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  if (process.env["HUB_KEEP_STACK"] === "1") return;
  for (const name of stackNames(maxWorkers)) await down(name);
}
