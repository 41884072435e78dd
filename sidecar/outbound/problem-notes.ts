import type { Logger } from "pino";
import type { DeliveryState } from "../domain/delivery";
import { toFailure } from "../domain/errors";
import type { Settled } from "../odoo/queue";
import type { RecordClient } from "../odoo/record-client";

/** From the first reason to look until Odoo is asked: what fails together is told together. */
const GATHER_MS = 250;
/** Odoo is not asked more often than this when something has come to need a person. */
const NEWS_MS = 2_000;
/** Nor than this while problems are open, to see whether one has gone. */
const FOLLOW_MS = 5_000;

const NEEDS_A_PERSON: readonly DeliveryState[] = ["held", "dead"];

interface Answer {
  open: number;
  busy: boolean;
}

/**
 * Tells Odoo that there may be news for "Needs attention", so that a person learns it within seconds. A hint: Odoo looks
 * by itself each minute, so a call that fails is not repeated.
 */
export class ProblemNotes {
  private timer: NodeJS.Timeout | null = null;
  private dueAt = Infinity;
  private lastAt = 0;
  private open = 0;
  /** The calls made so far, one after the other. */
  private calling = Promise.resolve();
  private closed = false;

  constructor(
    private readonly records: Pick<RecordClient, "call"> | null,
    private readonly log: Logger,
  ) {}

  /** To be told of every settle: what came to need a person is news, and anything that ended may have ended a problem. */
  settled(settled: readonly Settled[]): void {
    if (settled.some(({ accepted, state }) => accepted && NEEDS_A_PERSON.includes(state))) this.news();
    else if (this.open > 0) this.lookAfter(FOLLOW_MS);
  }

  /** Something needs a person, or a system stopped or goes on. */
  news(): void {
    this.lookAfter(NEWS_MS);
  }

  /** Waits for a call under way; what has not been asked by then is found by Odoo itself. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.calling;
  }

  private lookAfter(pauseMs: number): void {
    if (!this.records || this.closed) return;
    const dueAt = Math.max(Date.now() + GATHER_MS, this.lastAt + pauseMs);
    if (dueAt >= this.dueAt) return;
    if (this.timer) clearTimeout(this.timer);
    this.dueAt = dueAt;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.dueAt = Infinity;
      this.calling = this.calling.then(async () => this.ask());
    }, dueAt - Date.now());
    this.timer.unref();
  }

  private async ask(): Promise<void> {
    if (!this.records || this.closed) return;
    this.lastAt = Date.now();
    try {
      const { open, busy } = await this.records.call<Answer>("integration.queue", "note_problems", {});
      if (busy) this.news();
      else this.open = open;
    } catch (thrown) {
      const { code, message } = toFailure(thrown);
      this.log.debug({ error_code: code, reason: message }, "Odoo could not be told of problems; it looks by itself");
    }
  }
}
