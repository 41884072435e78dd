import { HubError, toFailure, type Failure } from "../domain/errors";
import type { Json } from "../domain/json";
import type { BucketUse } from "../domain/shared-state";
import { chunks } from "./after";
import type { ItemOutcome } from "./batch";
import type { Breaker } from "./breaker";
import type { Clock, Connector, ConnectorHealth, DeliverInput, DeliverResult } from "./connector";
import { upsertBatch } from "./deliver-batch";
import { deleteOne } from "./deliver-delete";
import { goesById, upsertOne, type DeliveryContext, type Landed } from "./deliver-one";
import { lost, notReady, unknownType } from "./engine-failures";
import { ExchangeLog } from "./exchange-log";
import { findByKey, usableFinds } from "./find";
import type { Http } from "./http";
import type { RateLimiter } from "./limits";
import type { ObjectType } from "./object-type";
import type { Answer } from "./outcome";
import { RecordSource } from "./record-source";
import { readRecord, type Comparison } from "./read";
import type { Caller, CompiledRequest } from "./request";
import type { BaseScope, Rendered, Scope } from "./template";

/** What the engine runs on; `createConnector` puts it together. */
export interface EngineParts {
  code: string;
  systemName: string;
  concurrency: number;
  types: ReadonlyMap<string, ObjectType>;
  check: CompiledRequest;
  /** What the check's answer has to show besides. */
  expect: { holds: (answer: Answer, scope: Scope) => boolean; missing: string } | null;
  /** Values every template may name: `connection`, `token`. */
  scope: () => BaseScope;
  caller: Caller;
  breaker: Breaker;
  limiter: RateLimiter;
  http: Http;
  clock: Clock;
}

/** Runs a connector definition. */
export class Engine implements Connector {
  readonly code: string;
  readonly concurrency: number;
  readonly largestBatch: number;
  readonly blind: boolean;
  readonly source: RecordSource;

  constructor(private readonly parts: EngineParts) {
    this.source = new RecordSource(parts);
    this.code = parts.code;
    this.concurrency = parts.concurrency;
    this.largestBatch = Math.max(1, ...[...parts.types.keys()].map((type) => this.batchSize(type, "upsert")));
    this.blind = [...parts.types.values()].some(isBlind);
  }

  batchSize(type: string, operation: DeliverInput["operation"]): number {
    return operation === "upsert" ? (this.parts.types.get(type)?.upsert?.batch?.max ?? 1) : 1;
  }

  deliver(inputs: DeliverInput[], signal: AbortSignal): Promise<DeliverResult[]> {
    // Where a request carries one record there is nothing to group.
    return inputs.length === 1 ? this.deliverTogether(inputs, signal) : this.deliverGrouped(inputs, signal);
  }

  private async deliverGrouped(inputs: DeliverInput[], signal: AbortSignal): Promise<DeliverResult[]> {
    const results = new Array<DeliverResult>(inputs.length);
    await Promise.all(
      this.requestsFor(inputs).map(async (places) => {
        const group = places.map((place) => inputs[place]).filter((input) => input !== undefined);
        const answers = await this.deliverTogether(group, signal);
        places.forEach((place, index) => {
          const answer = answers[index];
          if (answer) results[place] = answer;
        });
      }),
    );
    return results;
  }

  async compare(input: DeliverInput, signal: AbortSignal): Promise<Comparison | null> {
    const type = this.parts.types.get(input.type);
    if (!type) throw new HubError(unknownType(input.type, this.parts));
    if (!type.read) return null;
    const { caller, clock } = this.parts;
    let context = this.contextOf(type, input, signal, new ExchangeLog(clock));
    if (input.externalId === null && !type.needs.none) {
      const needs = await type.needs.look(caller, context);
      context = { ...context, scope: { ...context.scope, needs } };
    }
    const id = input.externalId ?? (await findByKey(usableFinds(type.find, context), caller, context));
    return readRecord(type.read, id, caller, context);
  }

  async check(): Promise<void> {
    const { caller, clock, expect, systemName } = this.parts;
    const scope = this.parts.scope();
    const signal = new AbortController().signal;
    const answer = await caller.call(this.parts.check, {
      scope,
      signal,
      traceparent: "",
      priority: 0,
      log: new ExchangeLog(clock),
    });
    if (expect !== null && !expect.holds(answer, scope)) throw notReady(expect.missing, systemName);
  }

  health(): ConnectorHealth {
    return this.parts.breaker.health();
  }

  limits(): BucketUse[] {
    return this.parts.limiter.use();
  }

  async close(): Promise<void> {
    await this.parts.http.close();
  }

  /** Places of the inputs that go in one request: same type, one record once, at most the vendor's batch size. */
  private requestsFor(inputs: readonly DeliverInput[]): number[][] {
    const batches = new Map<string, number[]>();
    const singles: number[][] = [];
    const seen = new Set<string>();
    inputs.forEach((input, place) => {
      const name = `${input.type} ${input.operation}`;
      const identity = `${name} ${input.key}`;
      if (this.goesAlone(input) || seen.has(identity)) singles.push([place]);
      else {
        const places = batches.get(name);
        if (places) places.push(place);
        else batches.set(name, [place]);
      }
      seen.add(identity);
    });
    const full = [...batches.values()].flatMap((places) => {
      const first = inputs[places[0] ?? 0];
      return first ? chunks(places, this.batchSize(first.type, first.operation)) : [];
    });
    return [...full, ...singles];
  }

  private goesAlone(input: DeliverInput): boolean {
    const type = this.parts.types.get(input.type);
    return this.batchSize(input.type, input.operation) === 1 || (type !== undefined && goesById(type, input));
  }

  private deliverTogether(inputs: DeliverInput[], signal: AbortSignal): Promise<DeliverResult[]> {
    const [first] = inputs;
    if (!first) return Promise.resolve([]);
    const log = new ExchangeLog(this.parts.clock);
    const type = this.parts.types.get(first.type);
    if (!type) return Promise.resolve(inputs.map(() => refused(unknownType(first.type, this.parts), log)));
    if (first.operation === "delete") return this.deleteAlone(type, first, signal, log);
    if (type.upsert?.batch && !goesById(type, first))
      return this.upsertTogether(type, type.upsert, type.upsert.batch, inputs, signal, log);
    return this.upsertAlone(type, first, signal, log);
  }

  private async upsertAlone(
    type: ObjectType,
    input: DeliverInput,
    signal: AbortSignal,
    log: ExchangeLog,
  ): Promise<DeliverResult[]> {
    const { caller } = this.parts;
    let context = this.contextOf(type, input, signal, log);
    try {
      if (!type.needs.none) {
        const needs = await type.needs.ensure(caller, context);
        context = { ...context, scope: { ...context.scope, needs } };
      }
      const landed = await upsertOne(type, input, caller, context);
      const [failure = null] = type.after.none
        ? []
        : await type.after.run([{ context: landedContext(context, landed) }], caller);
      if (failure) type.needs.forget(context);
      return failure
        ? [{ ...refused(failure, log), externalId: landed.externalId }]
        : [this.delivered(type, context, landed, log)];
    } catch (thrown) {
      type.needs.forget(context);
      return [refused(toFailure(thrown), log)];
    }
  }

  private async upsertTogether(
    type: ObjectType,
    upsert: NonNullable<ObjectType["upsert"]>,
    batch: NonNullable<NonNullable<ObjectType["upsert"]>["batch"]>,
    inputs: DeliverInput[],
    signal: AbortSignal,
    log: ExchangeLog,
  ): Promise<DeliverResult[]> {
    const { caller, clock } = this.parts;
    const contexts = inputs.map((input, index) => this.contextOf(type, input, signal, log, index));
    const outcomes = await upsertBatch(upsert.request, batch, contexts, caller, clock.now());
    const exchange = log.close();
    const failures = type.after.none ? [] : await this.afterBatch(type, contexts, outcomes, caller);
    return outcomes.map((outcome, index): DeliverResult => {
      const failure = failures[index];
      const context = contexts[index];
      if ("failure" in outcome) return { ok: false, failure: outcome.failure, exchange };
      if (failure || !context) return { ok: false, failure: failure ?? lost(), externalId: outcome.id, exchange };
      const landed = { externalId: outcome.id, created: outcome.created, answer: null };
      return { ...this.delivered(type, context, landed, log), exchange };
    });
  }

  private async afterBatch(
    type: ObjectType,
    contexts: readonly DeliveryContext[],
    outcomes: readonly ItemOutcome[],
    caller: Caller,
  ): Promise<(Failure | null)[]> {
    const landed = outcomes.flatMap((outcome, index) => {
      const context = contexts[index];
      if ("failure" in outcome || !context) return [];
      const work = {
        context: landedContext(context, { externalId: outcome.id, created: outcome.created, answer: null }),
      };
      return [{ index, work }];
    });
    const failures: (Failure | null)[] = outcomes.map(() => null);
    const after = await type.after.run(
      landed.map(({ work }) => work),
      caller,
    );
    landed.forEach(({ index }, place) => (failures[index] = after[place] ?? null));
    return failures;
  }

  private async deleteAlone(
    type: ObjectType,
    input: DeliverInput,
    signal: AbortSignal,
    log: ExchangeLog,
  ): Promise<DeliverResult[]> {
    try {
      const context = this.contextOf(type, input, signal, log);
      const deleted = await deleteOne(type, input, this.parts.caller, context);
      const externalId = deleted.externalId ?? "";
      const exchange = log.close();
      return [{ ok: true, externalId, url: null, created: false, removed: true, unchanged: !deleted.sent, exchange }];
    } catch (thrown) {
      return [refused(toFailure(thrown), log)];
    }
  }

  private contextOf(
    type: ObjectType,
    input: DeliverInput,
    signal: AbortSignal,
    log: ExchangeLog,
    index = 0,
  ): DeliveryContext {
    const { connection, token } = this.parts.scope();
    // Named one by one: spreading them in cost more than all the rest of this.
    const scope: Record<string, Json> = { connection, token, doc: input.document, key: input.key, index };
    if (type.namesIdempotencyKey) scope["idempotencyKey"] = input.idempotencyKey;
    if (input.externalId !== null) scope["id"] = input.externalId;
    if (input.verify) noteLookFrom(scope, input);
    const { systemName, clock } = this.parts;
    const { traceparent, priority } = input;
    return { scope, signal, log, traceparent, priority, systemName, now: clock.now() };
  }

  private delivered(type: ObjectType, context: DeliveryContext, landed: Landed, log: ExchangeLog): DeliverResult {
    const { externalId, created } = landed;
    const url = type.url === null ? null : urlOf(type.url, landedContext(context, landed));
    return { ok: true, externalId, url, created, exchange: log.close() };
  }
}

function isBlind({ upsert, find, create }: ObjectType): boolean {
  return create !== null && !upsert && find.length === 0 && create.rememberedMs === null;
}

function landedContext(context: DeliveryContext, landed: Landed): DeliveryContext {
  const answer: Json = landed.answer?.body ?? {};
  return { ...context, scope: { ...context.scope, id: landed.externalId, answer } };
}

/** The page for people; a template value that is not there (no portal id set) only means there is no link to click. */
function urlOf(url: Rendered<string>, context: DeliveryContext): string | null {
  try {
    return url(context.scope);
  } catch {
    return null;
  }
}

/** From when a record made by an earlier try may date: a day before the first of them, for clocks that differ. */
function noteLookFrom(scope: Record<string, Json>, { firstAttemptAt, lastAttemptAt }: DeliverInput): void {
  const since = firstAttemptAt ?? lastAttemptAt;
  if (since !== null) scope["lookFrom"] = new Date(since.getTime() - 24 * 3_600_000).toISOString();
}

function refused(failure: Failure, log: ExchangeLog): DeliverResult {
  return { ok: false, failure, exchange: log.close() };
}
