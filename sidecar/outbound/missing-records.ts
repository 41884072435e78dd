import { HubError, toFailure } from "../domain/errors";
import type { RecordClient } from "../odoo/record-client";

interface Question {
  resolve(queued: boolean): void;
  reject(reason: unknown): void;
}

/** How long lanes are collected before Odoo is asked for all of them at once. */
const COLLECT_MS = 5;

/**
 * Asks Odoo to queue records that others refer to and the system does not hold yet. Questions that come together go in
 * one call, and a lane asked for twice is asked once.
 */
export class MissingRecords {
  private questions = new Map<string, Question[]>();
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly records: RecordClient | null,
    private readonly system: string,
  ) {}

  /** True when the record is on its way; false when Odoo has no rule that would send it. Throws when Odoo is away. */
  async request(lane: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const asked = this.questions.get(lane);
      if (asked) asked.push({ resolve, reject });
      else this.questions.set(lane, [{ resolve, reject }]);
      this.timer ??= setTimeout(() => void this.ask(), COLLECT_MS);
    });
  }

  private async ask(): Promise<void> {
    const questions = this.questions;
    this.questions = new Map();
    this.timer = null;
    try {
      const queued = new Set(await this.requestRecords([...questions.keys()]));
      for (const [lane, asked] of questions) for (const question of asked) question.resolve(queued.has(lane));
    } catch (thrown) {
      const fault = asTechnical(thrown);
      for (const asked of questions.values()) for (const question of asked) question.reject(fault);
    }
  }

  private async requestRecords(lanes: string[]): Promise<string[]> {
    // Without an API key nobody can be asked; the delivery is held and goes by itself once the link is there.
    if (!this.records) return [];
    return this.records.call<string[]>("integration.queue", "request_records", { system: this.system, lanes });
  }
}

/** Whatever is wrong with our sign-in to Odoo says nothing about the delivery or the system it goes to: it is tried again. */
function asTechnical(thrown: unknown): HubError {
  return new HubError({ ...toFailure(thrown), kind: "technical" }, { cause: thrown });
}

/** The delivery cannot go before the record it refers to, and nothing will send that record. */
export function missingReference(lane: string, type: string, path: string, systemName: string): HubError {
  return new HubError({
    kind: "data",
    code: "missing_reference",
    message: `${systemName} does not hold ${lane} yet, which this record refers to, and no rule in Odoo sends it there.`,
    hint: `Add a rule that sends ${lane.split(",")[0] ?? lane} to ${systemName} as ${type}, or send that record by hand; this one then follows by itself.`,
    field: path,
  });
}
