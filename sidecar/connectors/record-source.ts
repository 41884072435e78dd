import { HubError, toFailure, type Failure } from "../domain/errors";
import { chunks } from "./after";
import { listChanges, listDeletions, type Change, type ChangePage } from "./changes";
import type { Clock } from "./connector";
import { ExchangeLog } from "./exchange-log";
import { fetchBatch, fetchOne, type CompiledFetch, type VendorRecord } from "./fetch";
import type { ObjectType } from "./object-type";
import type { CallContext, Caller } from "./request";
import type { Scope } from "./template";

/** With what rank and under which trace something is read. */
export interface ReadCall {
  /** Lower goes first (`sidecar/domain/priority.ts`). */
  priority: number;
  traceparent: string;
  signal: AbortSignal;
}

/** What is fetched for whom. */
export interface FetchCall extends ReadCall {
  /** Dotted paths of the record that somebody will read (`InboundMappings.reads`): of some vendors only these come. */
  reads: readonly string[];
}

/** A record as it is now. `found` is null when the vendor has none any more. */
export interface Fetched {
  found: (VendorRecord & { url: string | null }) | null;
  /** Just before it was asked for: what was written there later may be missing in it. */
  fetchedAt: Date;
}

export type FetchResult = Fetched | { failure: Failure };

/** What the record source runs on. */
export interface SourceParts {
  systemName: string;
  types: ReadonlyMap<string, ObjectType>;
  scope: () => Scope;
  caller: Caller;
  clock: Clock;
}

/** A vendor as a source of records: reads what was named, and lists what changed. */
export class RecordSource {
  constructor(private readonly parts: SourceParts) {}

  /** Object types whose records can be fetched. */
  get fetchable(): string[] {
    return [...this.parts.types.values()].filter(({ fetch }) => fetch !== null).map(({ name }) => name);
  }

  /** Object types whose changes can be listed. */
  get listed(): string[] {
    return [...this.parts.types.values()].filter(({ changes }) => changes !== null).map(({ name }) => name);
  }

  /** Object types that a type's records are about besides their own: reading one leads to those. */
  leadsTo(type: string): string[] {
    return (this.parts.types.get(type)?.fetch?.leadsTo ?? []).map(({ object }) => object);
  }

  /** Whether deletions of a type are found by comparing with all that is there. */
  sweeps(type: string): boolean {
    return this.parts.types.get(type)?.changes?.deletions?.present ?? false;
  }

  /** Whether deletions of a type have a list of their own. */
  listsDeletions(type: string): boolean {
    const deletions = this.parts.types.get(type)?.changes?.deletions ?? null;
    return deletions !== null && !deletions.present;
  }

  /** Reads records as they are now, in the order of the ids. Never throws for what a vendor or the network does. */
  async fetch(type: string, ids: readonly string[], call: FetchCall): Promise<FetchResult[]> {
    const fetch = this.parts.types.get(type)?.fetch ?? null;
    if (!fetch) return ids.map(() => ({ failure: notFetchable(type, this.parts.systemName).failure }));
    const { batch } = fetch;
    if (batch === null || ids.length === 1)
      return Promise.all(ids.map(async (id) => this.fetchAlone(type, fetch, id, call)));
    const results = await Promise.all(
      chunks(ids, batch.max).map(async (some) => this.fetchTogether(type, fetch, batch, some, call)),
    );
    return results.flat();
  }

  /** What changed since a moment; null: everything there is. Throws HubError of any kind. */
  async *changes(type: string, since: Date | null, call: ReadCall): AsyncGenerator<ChangePage> {
    const changes = this.parts.types.get(type)?.changes;
    if (!changes) throw notListed(type, this.parts.systemName);
    yield* listChanges(changes, since, this.parts.caller, this.contextOf(call));
  }

  /** Where `listsDeletions`: what was deleted since a moment. Where `sweeps`: all that is there. Throws HubError of any kind. */
  async *deletions(type: string, since: Date | null, call: ReadCall): AsyncGenerator<Change[]> {
    const changes = this.parts.types.get(type)?.changes;
    if (!changes) throw notListed(type, this.parts.systemName);
    yield* listDeletions(changes, since, this.parts.caller, this.contextOf(call));
  }

  private async fetchAlone(type: string, fetch: CompiledFetch, id: string, call: FetchCall): Promise<FetchResult> {
    const fetchedAt = this.parts.clock.now();
    try {
      return this.fetched(
        type,
        await fetchOne(fetch, id, this.parts.caller, this.fetchContext(fetch, call)),
        fetchedAt,
      );
    } catch (thrown) {
      return { failure: toFailure(thrown) };
    }
  }

  /** What the answer leaves out may be gone, or merged into another: it is asked for alone. */
  private async fetchTogether(
    type: string,
    fetch: CompiledFetch,
    batch: NonNullable<CompiledFetch["batch"]>,
    ids: readonly string[],
    call: FetchCall,
  ): Promise<FetchResult[]> {
    const fetchedAt = this.parts.clock.now();
    try {
      const found = await fetchBatch(fetch, batch, ids, this.parts.caller, this.fetchContext(fetch, call));
      return await Promise.all(
        ids.map(async (id) => {
          const record = found.get(id);
          if (record === undefined) return this.fetchAlone(type, fetch, id, call);
          return this.fetched(type, record, fetchedAt);
        }),
      );
    } catch (thrown) {
      const failure = toFailure(thrown);
      return ids.map(() => ({ failure }));
    }
  }

  private fetched(type: string, record: VendorRecord | null, fetchedAt: Date): Fetched {
    if (record === null) return { found: null, fetchedAt };
    return { found: { ...record, url: this.urlOf(type, record) }, fetchedAt };
  }

  /** The page for people; null where a value of its template is missing. */
  private urlOf(type: string, { id, record }: VendorRecord): string | null {
    try {
      return this.parts.types.get(type)?.url?.({ ...this.parts.scope(), id, answer: record }) ?? null;
    } catch {
      return null;
    }
  }

  private fetchContext({ fields }: CompiledFetch, call: FetchCall): CallContext {
    const context = this.contextOf(call);
    return fields === null ? context : { ...context, scope: { ...context.scope, fields: fields(call.reads) } };
  }

  private contextOf({ priority, traceparent, signal }: ReadCall): CallContext {
    return { scope: this.parts.scope(), signal, traceparent, priority, log: new ExchangeLog(this.parts.clock) };
  }
}

function notFetchable(type: string, systemName: string): HubError {
  return new HubError({
    kind: "data",
    code: "fetch_not_described",
    message: `The ${systemName} connector does not say how a record of type "${type}" is read.`,
    hint: `Add objects.${type}.fetch to the connector definition (docs/connectors.md).`,
    field: type,
  });
}

function notListed(type: string, systemName: string): HubError {
  return new HubError({
    kind: "data",
    code: "changes_not_described",
    message: `The ${systemName} connector does not say how changed records of type "${type}" are listed.`,
    hint: `Add objects.${type}.changes to the connector definition (docs/connectors.md).`,
    field: type,
  });
}
