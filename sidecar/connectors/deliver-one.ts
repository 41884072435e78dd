import { HubError, isHubError, OUTCOME_UNKNOWN, WAITING_TO_SETTLE } from "../domain/errors";
import type { DeliverInput } from "./connector";
import { upsertBatch } from "./deliver-batch";
import { findByKey, usableFinds } from "./find";
import type { ObjectType } from "./object-type";
import { idOf } from "./record-id";
import type { CallContext, Caller } from "./request";
import type { Answer } from "./outcome";

/** What a delivery came to, before its further steps. */
export interface Landed {
  externalId: string;
  created: boolean;
  answer: Answer | null;
}

export interface DeliveryContext extends CallContext {
  systemName: string;
  now: Date;
}

/** An upsert by our key would make a second record of one that came in without it. */
export function goesById(type: ObjectType, input: DeliverInput): boolean {
  return type.upsert !== null && type.update !== null && input.externalId !== null && input.changedThere === true;
}

/**
 * Brings one record about, in this order: native upsert, unless its record there may not carry our key; update where its id is known;
 * else find by our key and update; else create. A create never goes without the find before it: that is what makes a first load and a crash safe.
 */
export async function upsertOne(
  type: ObjectType,
  input: DeliverInput,
  caller: Caller,
  context: DeliveryContext,
): Promise<Landed> {
  if (type.upsert && !goesById(type, input)) return upsertByKey(type, type.upsert, caller, context);
  if (input.externalId !== null) {
    const updated = await updateById(type, input.externalId, caller, context);
    if (updated) return updated;
    if (type.whenGone === "hold") throw gone(type, input.externalId, context);
    if (type.upsert) return upsertByKey(type, type.upsert, caller, context);
  }
  mustHaveSettled(type, input, context);
  const found = await lookUp(type, input, caller, context);
  if (found !== null) return (await updateById(type, found, caller, context)) ?? vanished(type, found, context);
  return createNew(type, input, caller, context);
}

async function upsertByKey(
  type: ObjectType,
  upsert: NonNullable<ObjectType["upsert"]>,
  caller: Caller,
  context: DeliveryContext,
): Promise<Landed> {
  if (upsert.batch) {
    const [outcome] = await upsertBatch(upsert.request, upsert.batch, [context], caller, context.now);
    if (!outcome) throw new Error("a batch of one has one outcome");
    if ("failure" in outcome) throw new HubError(outcome.failure);
    return { externalId: outcome.id, created: outcome.created, answer: null };
  }
  const answer = await caller.call(upsert.request, context);
  const created = upsert.created ? upsert.created(answer, context.scope) : answer.status === 201;
  return { externalId: idOf(answer, upsert.id, type.name), created, answer };
}

/** A look-up that fails leaves an uncertain outcome uncertain: the next try has to look again before it sends. */
async function lookUp(
  type: ObjectType,
  input: DeliverInput,
  caller: Caller,
  context: DeliveryContext,
): Promise<string | null> {
  try {
    return await findByKey(usableFinds(type.find, context), caller, context);
  } catch (thrown) {
    if (!input.verify || !isHubError(thrown) || thrown.kind !== "technical") throw thrown;
    throw new HubError({ ...thrown.failure, kind: "unknown" }, { cause: thrown });
  }
}

async function updateById(
  type: ObjectType,
  id: string,
  caller: Caller,
  context: DeliveryContext,
): Promise<Landed | null> {
  if (!type.update) return { externalId: id, created: false, answer: null };
  const asked = await caller.ask(type.update.request, { ...context, scope: { ...context.scope, id } });
  return "absent" in asked ? null : { externalId: id, created: false, answer: asked.answer };
}

async function createNew(
  type: ObjectType,
  input: DeliverInput,
  caller: Caller,
  context: DeliveryContext,
): Promise<Landed> {
  if (!type.create) throw cannotCreate(type, context);
  if (input.verify && usableFinds(type.find, context).length === 0)
    mustStillBeRemembered(type, type.create, input, context);
  const answer = await caller.call(type.create.request, context);
  return { externalId: idOf(answer, type.create.id, type.name), created: true, answer };
}

/** Where a vendor's lists lag behind its writes, a find says nothing until they have caught up. */
function mustHaveSettled(type: ObjectType, input: DeliverInput, context: DeliveryContext): void {
  if (!input.verify || input.lastAttemptAt === null) return;
  const settleMs = Math.max(0, ...usableFinds(type.find, context).map((find) => find.settleMs));
  const waitMs = input.lastAttemptAt.getTime() + settleMs - context.now.getTime();
  if (waitMs <= 0) return;
  throw new HubError({
    kind: "unknown",
    code: WAITING_TO_SETTLE,
    message: `It is not known yet whether ${context.systemName} took the last try; its search needs a moment to show it.`,
    hint: "Nothing to do: it is looked up by itself when the search can be trusted.",
    retryAfterMs: waitMs,
  });
}

/** Without a way to look, only the vendor's memory of our idempotency key makes a second create harmless; it begins with the first try. */
function mustStillBeRemembered(
  type: ObjectType,
  create: NonNullable<ObjectType["create"]>,
  input: DeliverInput,
  context: DeliveryContext,
): void {
  const since = input.firstAttemptAt === null ? Infinity : context.now.getTime() - input.firstAttemptAt.getTime();
  if (create.rememberedMs !== null && since < create.rememberedMs) return;
  throw new HubError({
    kind: "unknown",
    code: OUTCOME_UNKNOWN,
    message: `An earlier try may have made this ${type.name} in ${context.systemName}, and there is no way to look it up.`,
    hint: `Look for it in ${context.systemName}. If it is there, link it by its id; if not, say so, and it is sent.`,
    // The type of record: a link needs it.
    field: type.name,
  });
}

function gone(type: ObjectType, id: string, context: DeliveryContext): HubError {
  return new HubError({
    kind: "data",
    code: "deleted_at_vendor",
    message: `The ${type.name} ${id} was deleted in ${context.systemName}.`,
    hint: `Restore it in ${context.systemName} and send it again, or remove the link to have it created anew.`,
  });
}

function vanished(type: ObjectType, id: string, context: DeliveryContext): never {
  throw new HubError({
    kind: "technical",
    code: "found_then_gone",
    message: `The ${type.name} ${id} was found in ${context.systemName} and gone a moment later.`,
    hint: "Nothing to do: it is tried again by itself.",
  });
}

function cannotCreate(type: ObjectType, context: DeliveryContext): HubError {
  return new HubError({
    kind: "policy",
    code: "create_not_offered",
    message: `${context.systemName} has no ${type.name} for this record, and the hub may not create one there.`,
    hint: `Create it in ${context.systemName} with this record's key, then send it again.`,
  });
}
