import { HubError, toFailure, type Failure } from "../domain/errors";
import type { Json } from "../domain/json";
import type { AfterDefinition } from "./definition";
import { parsePath, readPath } from "./json-path";
import { compileRequest, type CallContext, type Caller, type CompiledRequest } from "./request";
import { compileTemplate, type Rendered, type Scope } from "./template";

interface CompiledAfter {
  name: string;
  when: string[] | null;
  each: string[] | null;
  request: CompiledRequest;
  batch: { max: number; item: Rendered<Json | undefined> } | null;
}

/** A delivered record whose further steps are to be done. */
export interface AfterWork {
  context: CallContext;
}

/** Steps that follow once the record exists: put it in its section, associate it. Each may be sent twice without harm. */
export class AfterSteps {
  private readonly steps: CompiledAfter[];

  constructor(definitions: readonly AfterDefinition[]) {
    this.steps = definitions.map((step) => ({
      name: step.name,
      when: step.when === undefined ? null : parsePath(step.when),
      each: step.each === undefined ? null : parsePath(step.each),
      request: compileRequest(step.request, true),
      batch: step.batch ? { max: step.batch.max, item: compileTemplate(step.batch.item) } : null,
    }));
  }

  get none(): boolean {
    return this.steps.length === 0;
  }

  /** Does the steps for records delivered together. @returns for each its failure, or null when all is done */
  async run(work: readonly AfterWork[], caller: Caller): Promise<(Failure | null)[]> {
    const failures: (Failure | null)[] = work.map(() => null);
    for (const step of this.steps) {
      const jobs = work.flatMap((one, index) => (failures[index] ? [] : jobsOf(step, one.context, index)));
      const calls = step.batch ? grouped(step, step.batch, jobs) : jobs.map((job) => [job]);
      await Promise.all(calls.map((call) => this.perform(step, call, caller, failures)));
    }
    return failures;
  }

  private async perform(
    step: CompiledAfter,
    jobs: readonly Job[],
    caller: Caller,
    failures: (Failure | null)[],
  ): Promise<void> {
    const first = jobs[0];
    if (!first) return;
    const items = step.batch ? jobs.map((job) => step.batch?.item(job.context.scope) ?? null) : undefined;
    const scope: Scope = items === undefined ? first.context.scope : { ...first.context.scope, items };
    try {
      await caller.call(step.request, { ...first.context, scope });
    } catch (thrown) {
      if (jobs.length > 1 && isDataFailure(thrown)) {
        // one bad item fails the whole request: find out whose it is
        await Promise.all(jobs.map((job) => this.perform(step, [job], caller, failures)));
        return;
      }
      const failure = toFailure(thrown);
      for (const job of jobs) failures[job.index] = { ...failure, message: `${failure.message} (${step.name})` };
    }
  }
}

interface Job {
  index: number;
  context: CallContext;
}

function jobsOf(step: CompiledAfter, context: CallContext, index: number): Job[] {
  const scope = context.scope as { [root: string]: Json };
  const wanted = step.when === null ? true : readPath(scope, step.when);
  if (wanted === undefined || wanted === null || wanted === "" || wanted === false) return [];
  if (step.each === null) return [{ index, context }];
  const list = readPath(scope, step.each);
  if (!Array.isArray(list)) return [];
  return list.map((item) => ({ index, context: { ...context, scope: { ...context.scope, item } } }));
}

/** Jobs that go to the same path together, in requests of at most `max`. */
function grouped(step: CompiledAfter, batch: { max: number }, jobs: readonly Job[]): Job[][] {
  const byPath = new Map<string, Job[]>();
  for (const job of jobs) {
    const path = step.request.path(job.context.scope);
    byPath.set(path, [...(byPath.get(path) ?? []), job]);
  }
  return [...byPath.values()].flatMap((group) => chunks(group, batch.max));
}

export function chunks<T>(list: readonly T[], size: number): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < list.length; at += size) result.push(list.slice(at, at + size));
  return result;
}

function isDataFailure(thrown: unknown): boolean {
  return thrown instanceof HubError && (thrown.kind === "data" || thrown.kind === "business");
}
