import { setTimeout as delay } from "node:timers/promises";
import type { SandboxClock } from "../clock";
import { seeded } from "../seeded";
import type { RecordChange } from "../store";
import type { About, Message, Told, WebhookForm } from "./form";

/** Where a system's webhooks go, and how unreliably. */
export interface Subscription {
  system: string;
  /** Where the vendor posts; null: nowhere. */
  url: string | null;
  /** The signing secret, or the token that stands in a header. */
  secret: string;
  /** How often each message is sent; at least once. Default: 1. */
  copies?: number;
  /** With a number, messages are gathered for a moment and sent in an order drawn from this seed. */
  disorderSeed?: number;
  /** Which records it tells of. Default: all. */
  about?: About;
}

/** What a vendor does not forget when its program ends: each by its id or number, null where it is over. */
export interface KeptWebhooks {
  subscriptions?: Record<string, Subscription | null>;
  /** Messages that nobody has taken yet. */
  messages?: Record<number, KeptMessage | null>;
}

interface KeptMessage {
  subscription: Subscription;
  message: Message;
  /** Of the record. */
  id: string;
}

/** How a message may be wrong. `stale`: signed an hour ago; `forged`: with another secret; `altered`: the body after signing; `unsigned`. */
export type Wrong = "stale" | "forged" | "altered" | "unsigned";

/** One message that was sent, as it went. */
export interface SentWebhook {
  seq: number;
  /** Milliseconds since the epoch, of the last try. */
  at: number;
  system: string;
  event: string;
  id: string;
  /** Of the last try; null: nobody answered. */
  status: number | null;
  tries: number;
  body: unknown;
}

/** Tried again after this many milliseconds, doubled each time up to the second number; the real vendors for a day or longer. */
const RETRY_MS = 250;
const MOST_MS = 8_000;
/** Five minutes or so: an outage that a test makes is over by then. */
const MOST_TRIES = 40;
const GATHER_MS = 150;

/** Posts what changes to whoever subscribed: at least once, and on request in disorder. */
export class Webhooks {
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly gathered = new Map<Subscription, number[]>();
  private readonly open = new Map<number, KeptMessage>();
  private readonly watchers = new Set<(change: KeptWebhooks) => void>();
  private sent: SentWebhook[] = [];
  private seq = 0;
  private queued = 0;
  private generation = 0;

  constructor(
    private readonly clock: SandboxClock,
    private readonly forms: ReadonlyMap<string, WebhookForm>,
  ) {}

  /** `id`: where a system has several. */
  subscribe(subscription: Subscription, id = subscription.system): void {
    if (subscription.url === null) return this.unsubscribe(id);
    this.subscriptions.set(id, subscription);
    this.tell({ subscriptions: { [id]: subscription } });
  }

  unsubscribe(id: string): void {
    this.subscriptions.delete(id);
    this.tell({ subscriptions: { [id]: null } });
  }

  /** A record changed at a vendor: whoever subscribed is told. */
  changed(system: string, type: string, change: RecordChange, merged?: string[]): void {
    const told: Told = { ...change, type, at: Math.floor(this.clock.now()), ...(merged ? { merged } : {}) };
    const form = this.forms.get(system);
    const messages = form?.messages(told) ?? [];
    for (const subscription of this.subscribed(system)) {
      const { about } = subscription;
      if (about && form?.tellsOf?.(about, type, change.record) === false) continue;
      for (const message of messages) this.queue(subscription, message, change.record.id);
    }
  }

  /** Sends a message that is about no record to one subscription. */
  post(id: string, message: Message): void {
    const subscription = this.subscriptions.get(id);
    if (subscription) this.queue(subscription, message, "");
  }

  /** Sends one message about a record now, right or wrong, and answers the receiver's status. Null: nobody answered. */
  async send(system: string, told: Omit<Told, "at">, wrong: Wrong | null): Promise<number | null> {
    const [subscription] = this.subscribed(system);
    const [message] = this.forms.get(system)?.messages({ ...told, at: Math.floor(this.clock.now()) }) ?? [];
    if (!subscription || !message) throw new Error(`Nobody subscribed to ${system}, or it does not tell of that.`);
    const entry = this.note(system, message, told.record.id);
    await this.transmit(subscription, message, entry, wrong);
    return entry.status;
  }

  list(system?: string): SentWebhook[] {
    return this.sent.filter((entry) => system === undefined || entry.system === system);
  }

  /** Whether everything was sent, or given up. */
  idle(): boolean {
    return this.open.size === 0;
  }

  clear(): void {
    this.subscriptions.clear();
    this.gathered.clear();
    this.sent = [];
    this.open.clear();
    this.generation++;
  }

  /** Told of what has to be kept, before it goes out; answers how to stop listening. */
  onChange(listener: (change: KeptWebhooks) => void): () => void {
    this.watchers.add(listener);
    return () => this.watchers.delete(listener);
  }

  /** All that has to be kept. */
  dump(): KeptWebhooks {
    return { subscriptions: Object.fromEntries(this.subscriptions), messages: Object.fromEntries(this.open) };
  }

  /** Puts back what `dump` or `onChange` gave in an earlier run, oldest first; `resume` then sends what is left. */
  restore({ subscriptions = {}, messages = {} }: KeptWebhooks): void {
    for (const [id, subscription] of Object.entries(subscriptions)) {
      if (subscription) this.subscriptions.set(id, subscription);
      else this.subscriptions.delete(id);
    }
    for (const [text, message] of Object.entries<KeptMessage | null>(messages)) {
      const number = Number(text);
      this.queued = Math.max(this.queued, number);
      if (message) this.open.set(number, message);
      else this.open.delete(number);
    }
  }

  resume(): void {
    for (const number of this.open.keys()) void this.deliver(number, this.generation);
  }

  private subscribed(system: string): Subscription[] {
    return [...this.subscriptions.values()].filter((subscription) => subscription.system === system);
  }

  private queue(subscription: Subscription, message: Message, id: string): void {
    const numbers = Array.from({ length: subscription.copies ?? 1 }, () => ++this.queued);
    const kept: KeptMessage = { subscription, message, id };
    for (const number of numbers) this.open.set(number, kept);
    this.tell({ messages: Object.fromEntries(numbers.map((number) => [number, kept])) });
    const { generation } = this;
    if (subscription.disorderSeed === undefined) {
      for (const number of numbers) void this.deliver(number, generation);
      return;
    }
    const gathered = this.gathered.get(subscription);
    if (gathered) gathered.push(...numbers);
    else {
      this.gathered.set(subscription, numbers);
      void delay(GATHER_MS).then(() => this.release(subscription, generation));
    }
  }

  private release(subscription: Subscription, generation: number): void {
    const numbers = this.gathered.get(subscription) ?? [];
    this.gathered.delete(subscription);
    const chance = seeded(subscription.disorderSeed ?? 0);
    const drawn = numbers.map((one) => ({ one, at: chance() })).sort((a, b) => a.at - b.at);
    for (const { one } of drawn) void this.deliver(one, generation);
  }

  /** Until it is taken, with growing delay; then it is given up, as vendors do. */
  private async deliver(number: number, generation: number): Promise<void> {
    const kept = this.open.get(number);
    if (!kept) return;
    const { subscription, message, id } = kept;
    const entry = this.note(subscription.system, message, id);
    for (let wait = RETRY_MS; this.generation === generation; wait = Math.min(wait * 2, MOST_MS)) {
      await this.transmit(subscription, message, entry, null);
      const taken = entry.status !== null && entry.status < 300;
      if (taken || entry.tries >= MOST_TRIES) break;
      await delay(wait, undefined, { ref: false });
    }
    if (this.generation !== generation) return;
    this.open.delete(number);
    this.tell({ messages: { [number]: null } });
  }

  private tell(change: KeptWebhooks): void {
    for (const watcher of this.watchers) watcher(change);
  }

  private note(system: string, { event, body }: Message, id: string): SentWebhook {
    const entry = { seq: ++this.seq, at: this.clock.now(), system, event, id, status: null, tries: 0, body };
    this.sent.push(entry);
    return entry;
  }

  private async transmit(
    { system, url, secret }: Subscription,
    message: Message,
    entry: SentWebhook,
    wrong: Wrong | null,
  ): Promise<void> {
    const form = this.forms.get(system);
    const signedAt = this.clock.now() - (wrong === "stale" ? 3_600_000 : 0);
    const body = JSON.stringify(message.body);
    const key = wrong === "forged" ? `${secret} of somebody else` : secret;
    const signature = wrong === "unsigned" ? {} : (form?.sign(body, url ?? "", key, Math.floor(signedAt)) ?? {});
    const headers = { "content-type": "application/json", ...message.headers, ...signature };
    entry.tries++;
    entry.at = this.clock.now();
    try {
      const text = wrong === "altered" ? `${body} ` : body;
      const answer = await fetch(url ?? "", { method: "POST", headers, body: text, redirect: "manual" });
      entry.status = answer.status;
      await answer.arrayBuffer();
    } catch {
      entry.status = null;
    }
  }
}
