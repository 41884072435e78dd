import type { SandboxClock } from "./clock";

export type Fields = Record<string, unknown>;

/** A record as the stand-in keeps it; vendors dress it in their own form. */
export interface StoredRecord {
  id: string;
  fields: Fields;
  createdAt: number;
  updatedAt: number;
  deleted: boolean;
  /** The record that it went into, where two became one. */
  mergedInto?: string;
}

/** What became of a record, and which of its fields were written. */
export interface RecordChange {
  effect: "created" | "updated" | "deleted";
  record: StoredRecord;
  fields: string[];
}

/** Thrown when a value that must be unique is taken; the vendor answers it in its own words. */
export class UniqueViolation extends Error {
  constructor(
    readonly field: string,
    readonly existingId: string,
  ) {
    super(`${field} is taken by ${existingId}`);
  }
}

export interface TableOptions {
  /** Fields whose values may stand in one live record only. */
  unique?: string[];
  /** The next id, in the vendor's form. */
  nextId: () => string;
}

/** The records of one object type. */
export class Table {
  private readonly records = new Map<string, StoredRecord>();
  private readonly unique: Set<string>;
  private readonly taken = new Map<string, string>();

  constructor(
    private readonly options: TableOptions,
    private readonly clock: SandboxClock,
    private readonly changed: (change: RecordChange) => void,
    private readonly lagMs: () => number,
  ) {
    this.unique = new Set(options.unique ?? []);
  }

  requireUnique(field: string): void {
    this.unique.add(field);
  }

  /** `given`: what the vendor adds of itself, which may name the id. */
  insert(fields: Fields, given?: (id: string) => Fields): StoredRecord {
    this.refuseTaken(fields, null);
    const now = this.clock.now();
    const id = this.options.nextId();
    const record = { id, fields: { ...fields, ...given?.(id) }, createdAt: now, updatedAt: now, deleted: false };
    this.records.set(record.id, record);
    this.take(record);
    this.changed({ effect: "created", record, fields: Object.keys(fields) });
    return record;
  }

  /** Puts back a record of an earlier run; its id counts as given out. */
  restore(record: StoredRecord): void {
    const known = this.records.get(record.id);
    if (known) this.free(known);
    else this.options.nextId();
    this.records.set(record.id, record);
    if (!record.deleted) this.take(record);
  }

  update(id: string, fields: Fields): StoredRecord | null {
    const record = this.get(id);
    if (!record) return null;
    this.refuseTaken(fields, id);
    this.free(record);
    Object.assign(record.fields, fields);
    record.updatedAt = this.clock.now();
    this.take(record);
    this.changed({ effect: "updated", record, fields: Object.keys(fields) });
    return record;
  }

  remove(id: string): boolean {
    const record = this.get(id);
    if (record) this.end(record);
    return record !== null;
  }

  /** Puts a record into another: it is gone, and what asks for it finds the other. The other, or null where one is missing. */
  merge(from: string, into: string): StoredRecord | null {
    const [source, target] = [this.get(from), this.get(into)];
    if (!source || !target || source === target) return null;
    source.mergedInto = target.id;
    this.end(source);
    return target;
  }

  /** Ids of the records that went into this one, oldest first. */
  mergedFrom(id: string): string[] {
    return this.all().flatMap((record) => (record.id !== id && this.standsIn(record.id) === id ? [record.id] : []));
  }

  /** The live record (of a merged one, what it went into), or null. Reading by id is never delayed. */
  get(id: string): StoredRecord | null {
    const record = this.records.get(this.standsIn(id));
    return record && !record.deleted ? record : null;
  }

  /** The live record with this value in a unique field. Reading by unique key is never delayed. */
  byUnique(field: string, value: unknown): StoredRecord | null {
    const id = this.taken.get(keyOf(field, value));
    return id === undefined ? null : this.get(id);
  }

  /** Live records in the order of their creation. */
  live(): StoredRecord[] {
    return [...this.records.values()].filter((record) => !record.deleted);
  }

  /** Live records that the search index shows already. */
  indexed(): StoredRecord[] {
    const until = this.clock.now() - this.lagMs();
    return this.live().filter((record) => record.createdAt <= until);
  }

  /** Everything there ever was, deleted records too. */
  all(): StoredRecord[] {
    return [...this.records.values()];
  }

  private refuseTaken(fields: Fields, self: string | null): void {
    for (const field of this.unique) {
      const value = fields[field];
      if (value === undefined || value === null || value === "") continue;
      const owner = this.taken.get(keyOf(field, value));
      if (owner !== undefined && owner !== self) throw new UniqueViolation(field, owner);
    }
  }

  private end(record: StoredRecord): void {
    this.free(record);
    record.deleted = true;
    record.updatedAt = this.clock.now();
    this.changed({ effect: "deleted", record, fields: [] });
  }

  /** The id under which a record is found, after all that it was merged into. */
  private standsIn(id: string): string {
    let at = id;
    for (let into = this.records.get(at)?.mergedInto; into !== undefined; into = this.records.get(at)?.mergedInto)
      at = into;
    return at;
  }

  private take(record: StoredRecord): void {
    for (const field of this.unique) {
      const value = record.fields[field];
      if (value !== undefined && value !== null && value !== "") this.taken.set(keyOf(field, value), record.id);
    }
  }

  private free(record: StoredRecord): void {
    for (const field of this.unique) {
      const key = keyOf(field, record.fields[field]);
      if (this.taken.get(key) === record.id) this.taken.delete(key);
    }
  }
}

/** All records of all systems. */
export class Store {
  private readonly tables = new Map<string, Table>();
  private readonly watchers = new Set<() => void>();
  private readonly recordWatchers = new Set<(system: string, type: string, change: RecordChange) => void>();
  private readonly clearWatchers = new Set<() => void>();
  private readonly lag = new Map<string, number>();

  /** `faultLagMs`: a lag that a fault adds to a system for a while. */
  constructor(
    private readonly clock: SandboxClock,
    private readonly faultLagMs: (system: string) => number = () => 0,
  ) {}

  /** Makes an object type's table; vendors call it once for each type when they start. */
  define(system: string, type: string, options: TableOptions): Table {
    const table = new Table(
      options,
      this.clock,
      (change) => {
        for (const watcher of this.recordWatchers) watcher(system, type, change);
        this.notify();
      },
      () => Math.max(this.lag.get(system) ?? 0, this.faultLagMs(system)),
    );
    this.tables.set(`${system}/${type}`, table);
    return table;
  }

  table(system: string, type: string): Table | null {
    return this.tables.get(`${system}/${type}`) ?? null;
  }

  /** How long a system's search index lags behind its writes, in milliseconds. */
  setLag(system: string, ms: number): void {
    this.lag.set(system, ms);
  }

  clear(): void {
    this.tables.clear();
    this.lag.clear();
    for (const watcher of this.clearWatchers) watcher();
  }

  /** Everything there ever was, by `system/type`. */
  dump(): Record<string, StoredRecord[]> {
    return Object.fromEntries([...this.tables].map(([name, table]) => [name, table.all()]));
  }

  /** Puts back what `dump` gave in an earlier run. Types that no longer exist are left out. */
  restore(dump: Record<string, StoredRecord[]>): void {
    for (const [name, records] of Object.entries(dump)) {
      for (const record of records) this.tables.get(name)?.restore(record);
    }
  }

  /** Told after every change; answers how to stop listening. */
  onChange(listener: () => void): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  /** Told which record changed, and how, before anybody is answered; answers how to stop listening. */
  onRecord(listener: (system: string, type: string, change: RecordChange) => void): () => void {
    this.recordWatchers.add(listener);
    return () => this.recordWatchers.delete(listener);
  }

  /** Told when everything was forgotten; answers how to stop listening. */
  onClear(listener: () => void): () => void {
    this.clearWatchers.add(listener);
    return () => this.clearWatchers.delete(listener);
  }

  /** Resolves when the condition holds, checked after each change; false when `timeoutMs` passes first. */
  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    if (condition()) return true;
    return new Promise((resolve) => {
      const finish = (held: boolean): void => {
        clearTimeout(timer);
        this.watchers.delete(watcher);
        resolve(held);
      };
      const watcher = (): void => {
        if (condition()) finish(true);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      this.watchers.add(watcher);
    });
  }

  private notify(): void {
    for (const watcher of [...this.watchers]) watcher();
  }
}

function keyOf(field: string, value: unknown): string {
  // vendors compare unique texts without regard to case
  return `${field} ${typeof value === "string" ? value.toLowerCase() : JSON.stringify(value)}`;
}
