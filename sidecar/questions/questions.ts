import type { Logger } from "pino";
import { toFailure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { Question, Queue } from "../odoo/queue";

/** Answers one kind of question. What it throws is told to whoever asked. */
export type Answerer = (request: JsonObject) => JsonObject | Promise<JsonObject>;

/** Taken at once by one sidecar; there are seldom two. */
const AT_ONCE = 4;

/** Answers what people ask in Odoo and wait for (docs/architecture.md, "Questions"). */
export class Questions {
  private looking: Promise<void> | null = null;
  private again = false;
  private readonly answering = new Set<Promise<void>>();

  constructor(
    private readonly queue: Pick<Queue, "questions" | "answer">,
    private readonly worker: string,
    private readonly answerers: Readonly<Record<string, Answerer>>,
    private readonly log: Logger,
  ) {}

  /** Answers what is open; a call during a look has it look once more. Never throws: the clock looks again. */
  async look(): Promise<void> {
    this.again = true;
    this.looking ??= this.takeAll().finally(() => (this.looking = null));
    await this.looking;
  }

  /** Waits for the answers on the way. */
  async close(): Promise<void> {
    await this.looking;
    await Promise.all(this.answering);
  }

  private async takeAll(): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        const taken = await this.queue.questions(this.worker, AT_ONCE);
        for (const question of taken) this.track(this.answer(question));
        if (taken.length === AT_ONCE) this.again = true;
      }
    } catch (thrown) {
      this.again = false;
      this.log.warn({ error_code: toFailure(thrown).code }, "questions from Odoo could not be read");
    }
  }

  private async answer({ id, kind, request }: Question): Promise<void> {
    const answer = await this.answerTo(kind, request);
    try {
      await this.queue.answer(this.worker, id, answer);
    } catch (thrown) {
      this.log.warn({ question: kind, error_code: toFailure(thrown).code }, "an answer did not reach Odoo");
    }
  }

  private async answerTo(kind: string, request: JsonObject): Promise<JsonObject> {
    try {
      const answerer = Object.hasOwn(this.answerers, kind) ? this.answerers[kind] : undefined;
      if (!answerer)
        return { error: { ...UNKNOWN_QUESTION, message: `The sidecar does not know the question "${kind}".` } };
      return await answerer(request);
    } catch (thrown) {
      const failure = toFailure(thrown);
      if (failure.code === "unexpected_error")
        this.log.error({ err: thrown, question: kind }, "a question could not be answered");
      return { error: { ...failure } as JsonObject };
    }
  }

  private track(work: Promise<void>): void {
    const tracked = work.finally(() => this.answering.delete(tracked));
    this.answering.add(tracked);
  }
}

const UNKNOWN_QUESTION = {
  kind: "data",
  code: "question_unknown",
  hint: "Update the addon and the sidecar to the same version.",
};
