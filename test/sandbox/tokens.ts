import { timingSafeEqual } from "node:crypto";

/** The credentials a system accepts. By default those of the demo: `demo`, and `sandbox-<system>-<credential>`. */
export class Tokens {
  private readonly configured = new Map<string, string[]>();
  private readonly issued = new Map<string, string[]>();

  /** Exactly these from now on; null for the default again. Those given out before are no longer accepted. */
  configure(system: string, tokens: string[] | null): void {
    this.issued.delete(system);
    if (tokens === null) this.configured.delete(system);
    else this.configured.set(system, tokens);
  }

  /** Accepts one more, for token endpoints that give out new ones. */
  issue(system: string, token: string): void {
    this.issued.set(system, [...(this.issued.get(system) ?? []), token]);
  }

  accepts(system: string, token: string): boolean {
    const list = this.configured.get(system);
    if (this.issued.get(system)?.some((known) => same(known, token))) return true;
    if (list === undefined) return same(token, "demo") || token.startsWith(`sandbox-${system}-`);
    return list.some((known) => same(known, token));
  }

  clear(): void {
    this.configured.clear();
    this.issued.clear();
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
