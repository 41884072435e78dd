import { readStack, type StackState } from "../../stack/state";

/** The stack that the end-to-end tests share; the suite's global set-up brings it up. `HUB_STACK_NAME` names another one. */
export function e2eStack(): StackState {
  return readStack(process.env["HUB_STACK_NAME"] ?? "e2e");
}
