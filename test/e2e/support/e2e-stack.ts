import { readStack, type StackState } from "../../stack/state";

/** More would not run faster on two cores. */
export const MOST_STACKS = 2;

/**
 * Name of the stack that a worker's files run against: each of jest's workers has one of its own, so that no file meets what another
 * leaves behind while it runs. `HUB_STACK_NAME` (default `e2e`) names the first, the second has `-2` behind it.
 */
export function stackName(worker: number): string {
  const name = process.env["HUB_STACK_NAME"] ?? "e2e";
  return worker === 1 ? name : `${name}-${worker}`;
}

/** The stack of this worker; the suite's global set-up brings it up. */
export function e2eStack(): StackState {
  return readStack(stackName(Number(process.env["JEST_WORKER_ID"] ?? 1)));
}
