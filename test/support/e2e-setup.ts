import { MOST_STACKS, stackName } from "../e2e/support/e2e-stack";
import { terminalProgress } from "../stack/progress";
import { reset, up } from "../stack/up";

/**
 * Jest's globalSetup of the e2e project: a stack for each worker, since bringing one up costs more than most tests. Its data is new, unless
 * `HUB_KEEP_STACK=1` asks to go on with what is there.
 */
export default async function setUp({ maxWorkers }: { maxWorkers: number }): Promise<void> {
  if (maxWorkers > MOST_STACKS) {
    throw new Error(
      `Each worker has a stack of its own. Run the end-to-end tests with -i or --maxWorkers=${MOST_STACKS}.`,
    );
  }
  const bringUp = process.env["HUB_KEEP_STACK"] === "1" ? up : reset;
  // One after the other: the first may have to build what the second finds.
  for (const name of stackNames(maxWorkers)) await bringUp({ name, progress: terminalProgress() });
}

export function stackNames(workers: number): string[] {
  return Array.from({ length: workers }, (_, index) => stackName(index + 1));
}
