import type { Queue } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";

/** Deliveries queued in one step: a transaction of well under a second. */
const ROWS_A_STEP = 500;
/** Steps in a row before others get their turn; a sidecar that stops waits no longer than this. */
const STEPS_A_TURN = 20;
/** Odoo reads so many records again in one step; its steps are its own, so that fewer are asked for in a row. */
const READING_STEPS_A_TURN = 3;

/**
 * Goes on with the replay jobs that run (docs/architecture.md, "Replay"). Every step holds its own position, so that any
 * number of sidecars, Odoo's clock and `hub replay --follow` may step at once, and each may die at any point.
 */
export async function stepReplays(
  queue: Pick<Queue, "replayStep">,
  records: Pick<RecordClient, "call"> | null,
): Promise<void> {
  let reading = 0;
  for (let steps = 0; steps < STEPS_A_TURN && reading < READING_STEPS_A_TURN; steps += 1) {
    const step = await queue.replayStep(ROWS_A_STEP);
    if (!step) return;
    if (step.mode === "same") continue;
    // Without an API key Odoo's own clock does it, once a minute.
    if (!records) return;
    reading += 1;
    await records.call("integration.queue", "replay_step", { max_rows: ROWS_A_STEP });
  }
}
