import { HubError, toFailure } from "../domain/errors";
import type { RecordClient } from "../odoo/record-client";
import { Together } from "./together";

/** Asks Odoo to queue records that others refer to and the system does not hold yet. */
export class MissingRecords {
  private readonly questions: Together<string, boolean>;

  constructor(
    private readonly records: RecordClient | null,
    private readonly system: string,
  ) {
    this.questions = new Together((lanes) => this.ask(lanes));
  }

  /** True when the record is on its way; false when Odoo has no rule that would send it. Throws when Odoo is away. */
  async request(lane: string): Promise<boolean> {
    return this.questions.one(lane);
  }

  private async ask(lanes: string[]): Promise<boolean[]> {
    // Without an API key nobody can be asked; the delivery is held and goes by itself once the link is there.
    if (!this.records) return lanes.map(() => false);
    const args = { system: this.system, lanes: [...new Set(lanes)] };
    try {
      const onTheirWay = new Set(await this.records.call<string[]>("integration.queue", "request_records", args));
      return lanes.map((lane) => onTheirWay.has(lane));
    } catch (thrown) {
      // Whatever is wrong with our sign-in to Odoo says nothing about the delivery or the system it goes to.
      throw new HubError({ ...toFailure(thrown), kind: "technical" }, { cause: thrown });
    }
  }
}

/** The delivery cannot go before the record it refers to, and nothing will send that record. */
export function missingReference(lane: string, type: string, path: string, systemName: string): HubError {
  const model = lane.split(",")[0] ?? lane;
  return new HubError({
    kind: "data",
    code: "missing_reference",
    message: `${systemName} does not hold ${lane} yet, which this record refers to, and no rule in Odoo sends it there.`,
    hint: `Add a rule that sends ${model} to ${systemName} as ${type}, or send that record by hand; this one then follows by itself. Where it has been deleted since, read this record again.`,
    field: path,
  });
}
