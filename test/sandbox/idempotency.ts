import { createHash } from "node:crypto";
import type { SandboxClock } from "./clock";

/** What a vendor with idempotency keys remembers of a request. */
interface Remembered {
  bodyHash: string;
  at: number;
  answer: { status: number; body: unknown };
}

export type Recall = { is: "new" } | { is: "repeat"; answer: { status: number; body: unknown } } | { is: "other_body" };

/** A vendor's memory of idempotency keys: within the window the same key gives the first answer again. */
export class IdempotencyWindow {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly windowMs: number,
    private readonly clock: SandboxClock,
  ) {}

  recall(key: string, body: unknown): Recall {
    const found = this.remembered.get(key);
    if (!found || found.at + this.windowMs < this.clock.now()) return { is: "new" };
    return found.bodyHash === hash(body) ? { is: "repeat", answer: found.answer } : { is: "other_body" };
  }

  remember(key: string, body: unknown, answer: { status: number; body: unknown }): void {
    this.remembered.set(key, { bodyHash: hash(body), at: this.clock.now(), answer });
  }
}

function hash(body: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(body) ?? "")
    .digest("hex");
}
