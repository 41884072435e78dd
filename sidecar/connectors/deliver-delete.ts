import { HubError, OUTCOME_UNKNOWN } from "../domain/errors";
import type { DeliverInput } from "./connector";
import type { DeliveryContext } from "./deliver-one";
import { findByKey, usableFinds } from "./find";
import type { ObjectType } from "./object-type";
import type { Caller } from "./request";

/** Removes one record. @returns its id, or null when there was nothing to remove */
export async function deleteOne(
  type: ObjectType,
  input: DeliverInput,
  caller: Caller,
  context: DeliveryContext,
): Promise<{ externalId: string | null; sent: boolean }> {
  const id = input.externalId ?? (await lookedUp(type, input, caller, context));
  if (id === null) return { externalId: null, sent: false };
  if (type.delete === null) throw notOffered(type, context);
  if ("refuse" in type.delete) throw new HubError(type.delete.refuse);
  const asked = await caller.ask(type.delete.request, { ...context, scope: { ...context.scope, id } });
  return { externalId: id, sent: !("absent" in asked) };
}

async function lookedUp(
  type: ObjectType,
  input: DeliverInput,
  caller: Caller,
  context: DeliveryContext,
): Promise<string | null> {
  const finds = usableFinds(type.find, context);
  if (finds.length === 0 && input.verify) throw cannotLook(type, context);
  if (finds.length === 0) return null;
  const needs = await type.needs.ensure(caller, context);
  return findByKey(finds, caller, { ...context, scope: { ...context.scope, needs } });
}

function cannotLook(type: ObjectType, context: DeliveryContext): HubError {
  return new HubError({
    kind: "unknown",
    code: OUTCOME_UNKNOWN,
    message: `This ${type.name} may have reached ${context.systemName} before it was deleted, and there is no way to look it up.`,
    hint: `Look for it in ${context.systemName} and remove it there if it exists, then cancel this delivery.`,
    field: type.name,
  });
}

function notOffered(type: ObjectType, context: DeliveryContext): HubError {
  return new HubError({
    kind: "policy",
    code: "delete_not_offered",
    message: `The hub does not delete a ${type.name} in ${context.systemName}.`,
    hint: `Remove it in ${context.systemName} by hand if it should go, then cancel this delivery.`,
  });
}
