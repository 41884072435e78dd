import { terminalProgress } from "../stack/progress";
import { up } from "../stack/up";

/** Name of the stack that the end-to-end tests run against; `HUB_STACK_NAME` picks another one. */
export const E2E_STACK = process.env["HUB_STACK_NAME"] ?? "e2e";

/** Jest's globalSetup of the e2e project: one stack for all files, since bringing one up costs more than most tests. */
export default async function setUp(): Promise<void> {
  await up({ name: E2E_STACK, progress: terminalProgress() });
}
