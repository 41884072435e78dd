import type { Clock } from "./connector";
import type { DeleteDefinition, ObjectDefinition } from "./definition";
import { AfterSteps } from "./after";
import { compileChanges, type CompiledChanges } from "./changes";
import { compileBatch, type CompiledBatch } from "./batch";
import { compileCondition, type Test } from "./condition";
import { compileFirst, type Extractor } from "./extract";
import { compileFetch, type CompiledFetch } from "./fetch";
import { compileFind, type CompiledFind } from "./find";
import { Needs } from "./needs";
import { compileRead, type CompiledRead } from "./read";
import { compileRequest, type CompiledRequest } from "./request";
import { compileText, type Rendered } from "./template";

/** An object type of a definition, compiled once when the connector is made. */
export interface ObjectType {
  name: string;
  url: Rendered<string> | null;
  upsert: { request: CompiledRequest; id: Extractor; created: Test | null; batch: CompiledBatch | null } | null;
  find: CompiledFind[];
  create: { request: CompiledRequest; id: Extractor; rememberedMs: number | null } | null;
  update: { request: CompiledRequest } | null;
  read: CompiledRead | null;
  fetch: CompiledFetch | null;
  changes: CompiledChanges | null;
  delete: { request: CompiledRequest } | Extract<DeleteDefinition, { refuse: unknown }> | null;
  needs: Needs;
  after: AfterSteps;
  whenGone: "hold" | "recreate";
  /** Whether any of its templates names `{idempotencyKey}`: a hash that most have no use for. */
  namesIdempotencyKey: boolean;
}

export function compileObjectType(
  name: string,
  object: ObjectDefinition,
  systemName: string,
  clock: Clock,
): ObjectType {
  const { upsert, create, update } = object;
  return {
    name,
    url: object.url === undefined ? null : compileText(object.url),
    upsert: upsert
      ? {
          request: compileRequest(upsert.request, true),
          id: compileFirst(upsert.id),
          created: upsert.created ? compileCondition(upsert.created) : null,
          batch: upsert.batch ? compileBatch(upsert.batch, systemName) : null,
        }
      : null,
    find: (object.find ?? []).map(compileFind),
    create: create
      ? {
          // Not even with an idempotency key: the vendor forgets it, and tries that go on past that moment would make two.
          request: compileRequest(create.request, false),
          id: compileFirst(create.id),
          rememberedMs: create.idempotency?.rememberedMs ?? null,
        }
      : null,
    update: update ? { request: compileRequest(update.request, true) } : null,
    read: object.read ? compileRead(object.read) : null,
    fetch: object.fetch ? compileFetch(object.fetch) : null,
    changes: object.changes ? compileChanges(object.changes) : null,
    delete: compileDelete(object.delete),
    needs: new Needs(object.needs ?? {}, clock),
    after: new AfterSteps(object.after ?? []),
    whenGone: object.whenGone ?? "hold",
    namesIdempotencyKey: JSON.stringify(object).includes("idempotencyKey"),
  };
}

function compileDelete(definition: DeleteDefinition | undefined): ObjectType["delete"] {
  if (!definition) return null;
  return "refuse" in definition ? definition : { request: compileRequest(definition.request, true) };
}
