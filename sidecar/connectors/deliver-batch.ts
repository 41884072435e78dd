import { HubError, toFailure } from "../domain/errors";
import { readBatchAnswer, UNANSWERED, type CompiledBatch, type ItemOutcome } from "./batch";
import type { CallContext, Caller, CompiledRequest } from "./request";

/**
 * Sends inputs as one batch and says for each what became of it. A vendor that refuses a whole batch because of one record is
 * asked again in halves, until the bad record stands alone and the others have gone through.
 */
export async function upsertBatch(
  request: CompiledRequest,
  batch: CompiledBatch,
  contexts: readonly CallContext[],
  caller: Caller,
  now: Date,
): Promise<ItemOutcome[]> {
  const first = contexts[0];
  if (!first) return [];
  const scopes = contexts.map((context) => context.scope);
  try {
    const items = scopes.map((scope) => batch.item(scope) ?? null);
    const answer = await caller.call(request, { ...first, scope: { ...first.scope, items } });
    const outcomes = readBatchAnswer(batch, answer, scopes, now);
    if (contexts.length === 1 || !outcomes.some(isUnanswered)) return outcomes;
    return await Promise.all(
      outcomes.map(async (outcome, index) => {
        const context = contexts[index];
        return isUnanswered(outcome) && context ? alone(request, batch, context, caller, now) : outcome;
      }),
    );
  } catch (thrown) {
    if (contexts.length === 1 || !becauseOfOneRecord(thrown))
      return contexts.map(() => ({ failure: toFailure(thrown) }));
    const middle = Math.ceil(contexts.length / 2);
    const halves = [contexts.slice(0, middle), contexts.slice(middle)];
    return (await Promise.all(halves.map((half) => upsertBatch(request, batch, half, caller, now)))).flat();
  }
}

function isUnanswered(outcome: ItemOutcome): boolean {
  return "failure" in outcome && outcome.failure.code === UNANSWERED;
}

async function alone(
  request: CompiledRequest,
  batch: CompiledBatch,
  context: CallContext,
  caller: Caller,
  now: Date,
): Promise<ItemOutcome> {
  const [outcome] = await upsertBatch(request, batch, [context], caller, now);
  if (outcome === undefined) throw new Error("a batch of one has one outcome");
  return outcome;
}

function becauseOfOneRecord(thrown: unknown): boolean {
  return thrown instanceof HubError && (thrown.kind === "data" || thrown.kind === "business");
}
