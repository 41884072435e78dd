import type { Failure } from "../domain/errors";
import type { Json } from "../domain/json";
import { compileCondition, type Test } from "./condition";
import type { BatchDefinition, ItemMatch } from "./definition";
import { compileFirst, type Extractor } from "./extract";
import { asText, parsePath, readPath } from "./json-path";
import { OutcomeRules, type Answer } from "./outcome";
import { compileTemplate, compileText, placeholdersOf, type Rendered, type Scope } from "./template";

type Matcher = (item: Json, index: number, scope: Scope, inputIndex: number) => boolean;

/** The batch form of an upsert, compiled. */
export interface CompiledBatch {
  max: number;
  item: Rendered<Json | undefined>;
  results: { path: string[]; match: Matcher[]; id: Extractor; created: Test | null };
  errors: { path: string[]; match: Matcher[]; rules: OutcomeRules } | null;
}

export type ItemOutcome = { id: string; created: boolean } | { failure: Failure };

export function compileBatch(batch: BatchDefinition, systemName: string): CompiledBatch {
  const { results, errors } = batch;
  return {
    max: batch.max,
    item: compileTemplate(batch.item),
    results: {
      path: parsePath(results.path),
      match: results.match.map(compileMatch),
      id: compileFirst(results.id),
      created: results.created ? compileCondition(results.created) : null,
    },
    errors: errors
      ? {
          path: parsePath(errors.path),
          match: errors.match.map(compileMatch),
          rules: new OutcomeRules(systemName, errors.outcomes, errors.errors),
        }
      : null,
  };
}

/**
 * Reads the answer to a batch: for each input, in order, what became of it. An input that is neither in the results nor in
 * the errors has failed technically; an upsert may simply be sent again.
 */
export function readBatchAnswer(
  batch: CompiledBatch,
  answer: Answer,
  scopes: readonly Scope[],
  now: Date,
): ItemOutcome[] {
  const results = listAt(answer, batch.results.path);
  const errors = batch.errors ? listAt(answer, batch.errors.path) : [];
  return scopes.map((scope, inputIndex) => {
    const result = pick(results, batch.results.match, scope, inputIndex);
    if (result !== undefined) return readResult(batch, result, scope);
    // an error that names no input can only be about the one that was sent
    const alone = scopes.length === 1 ? errors[0] : undefined;
    const error = batch.errors ? (pick(errors, batch.errors.match, scope, inputIndex) ?? alone) : undefined;
    if (error !== undefined && batch.errors) {
      const item = { status: answer.status, headers: {}, body: error };
      return { failure: batch.errors.rules.judgeItem(item, { scope, repeatable: true, now }) };
    }
    return { failure: unanswered(errors.length) };
  });
}

function readResult(batch: CompiledBatch, result: Json, scope: Scope): ItemOutcome {
  const evidence = { body: result, headers: {} };
  const id = batch.results.id(evidence);
  if (id === null) return { failure: unanswered(0) };
  return { id, created: batch.results.created?.(evidence, scope) ?? false };
}

/** The failure of an input that a batch's answer does not mention; asking for it alone tells more. */
export const UNANSWERED = "batch_item_unanswered";

/**
 * The first way of matching that finds something wins: trace id before key, key before place. The item at the input's own place is looked at
 * first, because most vendors answer in order: looking from the start for each would cost the square of the batch.
 */
function pick(items: readonly Json[], match: readonly Matcher[], scope: Scope, inputIndex: number): Json | undefined {
  for (const matches of match) {
    const likely = items[inputIndex];
    if (likely !== undefined && matches(likely, inputIndex, scope, inputIndex)) return likely;
    const found = items.find((item, index) => matches(item, index, scope, inputIndex));
    if (found !== undefined) return found;
  }
  return undefined;
}

function compileMatch(match: ItemMatch): Matcher {
  if ("index" in match) return (_item, index, _scope, inputIndex) => index === inputIndex;
  const path = compileText(match.path);
  const value = compileText(match.value);
  const fixed = placeholdersOf(match.path).length === 0 ? parsePath(path({})) : null;
  return (item, _index, scope) => {
    const held = readPath(item, fixed ?? parsePath(path(scope)));
    const wanted = value(scope);
    return Array.isArray(held) ? held.some((entry) => asText(entry) === wanted) : asText(held) === wanted;
  };
}

function listAt(answer: Answer, path: string[]): Json[] {
  const list = readPath(answer.body, path);
  return Array.isArray(list) ? list : [];
}

function unanswered(errorsWithoutInput: number): Failure {
  return {
    kind: "technical",
    code: UNANSWERED,
    message:
      errorsWithoutInput > 0
        ? "The vendor reported an error in this batch without saying for which record."
        : "The vendor's answer to the batch does not mention this record.",
    hint: "Nothing to do: it is sent again by itself.",
  };
}
