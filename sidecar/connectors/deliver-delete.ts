import { HubError } from "../domain/errors";
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
  const id = input.externalId ?? (await findByKey(usableFinds(type.find, context), caller, context));
  if (id === null) return { externalId: null, sent: false };
  if (type.delete === null) throw notOffered(type, context);
  if ("refuse" in type.delete) throw new HubError({ ...type.delete.refuse, field: id });
  const asked = await caller.ask(type.delete.request, { ...context, scope: { ...context.scope, id } });
  return { externalId: id, sent: !("absent" in asked) };
}

function notOffered(type: ObjectType, context: DeliveryContext): HubError {
  return new HubError({
    kind: "policy",
    code: "delete_not_offered",
    message: `The hub does not delete a ${type.name} in ${context.systemName}.`,
    hint: `Remove it in ${context.systemName} by hand if it should go, then cancel this delivery.`,
  });
}
