import type { SandboxClock } from "./clock";

export type Effect = "created" | "updated" | "deleted" | "refused";

/** One write that reached a vendor; a batch leaves one entry for each of its records. */
export interface JournalEntry {
  seq: number;
  /** Milliseconds since the epoch, with fractions. */
  at: number;
  system: string;
  method: string;
  path: string;
  type: string | null;
  /** The Odoo reference, where the vendor's record carries it. */
  key: string | null;
  remoteId: string | null;
  effect: Effect;
  /** Status answered; null when a fault swallowed the answer. */
  status: number | null;
  traceparent: string | null;
  /** What was written, where the vendor's profile notes it. */
  values?: Record<string, unknown>;
}

/** What was done at the vendors, in order. */
export class Journal {
  private entries: JournalEntry[] = [];
  private seq = 0;

  constructor(private readonly clock: SandboxClock) {}

  add(entry: Omit<JournalEntry, "seq" | "at">): JournalEntry {
    const full = { seq: ++this.seq, at: this.clock.now(), ...entry };
    this.entries.push(full);
    return full;
  }

  /** Entries of a system (all systems without one) later than `since` milliseconds. */
  list(system?: string, since = 0): JournalEntry[] {
    return this.entries.filter((entry) => (system === undefined || entry.system === system) && entry.at > since);
  }

  clear(): void {
    this.entries = [];
  }
}
