import { HubError } from "../domain/errors";
import type { Json } from "../domain/json";
import type { Clock } from "./connector";
import type { NeedDefinition } from "./definition";
import { compileFirst, type Extractor } from "./extract";
import { compileFind, findAll, type CompiledFind } from "./find";
import { parsePath, readPath } from "./json-path";
import { idOf } from "./record-id";
import { compileRequest, type CallContext, type Caller, type CompiledRequest } from "./request";
import { compileText, type Rendered } from "./template";

interface CompiledNeed {
  name: string;
  when: string[] | null;
  find: CompiledFind;
  create: { request: CompiledRequest; id: Extractor } | null;
  missing: string;
  cacheKey: Rendered<string>;
  cacheMs: number;
}

const DEFAULT_CACHE_MS = 300_000;

/**
 * What a record needs around it at the vendor (a section in a project): found by its name, else made, and remembered for
 * a while. Deliveries that need the same one at the same moment wait for one search.
 */
export class Needs {
  private readonly needs: CompiledNeed[];
  private readonly known = new Map<string, { id: Promise<string>; until: number }>();

  constructor(
    definitions: Record<string, NeedDefinition>,
    private readonly clock: Clock,
  ) {
    this.needs = Object.entries(definitions).map(([name, need]) => ({
      name,
      when: need.when === undefined ? null : parsePath(need.when),
      find: compileFind(need.find),
      create: need.create
        ? { request: compileRequest(need.create.request, false), id: compileFirst(need.create.id) }
        : null,
      missing: need.missing ?? `The ${name} this record needs was not found, or more than one fits.`,
      cacheKey: compileText(need.cacheKey),
      cacheMs: need.cacheMs ?? DEFAULT_CACHE_MS,
    }));
  }

  get none(): boolean {
    return this.needs.length === 0;
  }

  /** The ids of what this document needs, for `{needs.<name>.id}`. */
  async ensure(caller: Caller, context: CallContext): Promise<Record<string, { id: string }>> {
    const ensured: Record<string, { id: string }> = {};
    for (const need of this.needs) {
      if (isWanted(need, context)) ensured[need.name] = { id: await this.remembered(need, caller, context) };
    }
    return ensured;
  }

  /** As far as they are there; makes and remembers nothing. */
  async look(caller: Caller, context: CallContext): Promise<Record<string, { id: string }>> {
    const there: Record<string, { id: string }> = {};
    for (const need of this.needs) {
      if (!isWanted(need, context)) continue;
      const [id, another] = await findAll([need.find], caller, context);
      if (id !== undefined && another === undefined) there[need.name] = { id };
    }
    return there;
  }

  /** Forgets what this document needed: the vendor may have lost it. */
  forget(context: CallContext): void {
    for (const need of this.needs) {
      if (isWanted(need, context)) this.known.delete(this.keyOf(need, context));
    }
  }

  private async remembered(need: CompiledNeed, caller: Caller, context: CallContext): Promise<string> {
    const key = this.keyOf(need, context);
    const now = this.clock.now().getTime();
    const known = this.known.get(key);
    if (known && known.until > now) return known.id;
    const id = this.findOrCreate(need, caller, context);
    this.known.set(key, { id, until: now + need.cacheMs });
    id.catch(() => this.known.delete(key));
    return id;
  }

  private async findOrCreate(need: CompiledNeed, caller: Caller, context: CallContext): Promise<string> {
    const found = await findAll([need.find], caller, context);
    if (found.length === 1 && found[0] !== undefined) return found[0];
    if (found.length > 1 || !need.create) throw notClear(need);
    return idOf(await caller.call(need.create.request, context), need.create.id, need.name);
  }

  private keyOf(need: CompiledNeed, context: CallContext): string {
    return `${need.name} ${need.cacheKey(context.scope)}`;
  }
}

function isWanted(need: CompiledNeed, context: CallContext): boolean {
  if (need.when === null) return true;
  const wanted = readPath(context.scope as { [root: string]: Json }, need.when);
  return wanted !== undefined && wanted !== null && wanted !== "";
}

function notClear(need: CompiledNeed): HubError {
  return new HubError({
    kind: "data",
    code: "need_not_found",
    message: need.missing,
    hint: "Make it clear at the vendor or in the connection's settings, then send it again.",
    field: need.name,
  });
}
