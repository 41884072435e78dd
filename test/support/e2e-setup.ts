import { terminalProgress } from "../stack/progress";
import { reset, up } from "../stack/up";

/** Name of the stack that the end-to-end tests run against; `HUB_STACK_NAME` picks another one. */
export const E2E_STACK = process.env["HUB_STACK_NAME"] ?? "e2e";

/**
 * Jest's globalSetup of the e2e project: one stack for all files, since bringing one up costs more than most tests. Its data is new, unless
 * `HUB_KEEP_STACK=1` asks to go on with what is there.
 */
export default async function setUp(): Promise<void> {
  const bringUp = process.env["HUB_KEEP_STACK"] === "1" ? up : reset;
  await bringUp({ name: E2E_STACK, progress: terminalProgress() });
}
