import type { KeptTokens, TokenStore } from "../domain/token-store";

/** OAuth tokens of one connection in this process's memory: they outlive its connector, not the process. */
export class MemoryTokens implements TokenStore {
  private kept: { configured: string; tokens: KeptTokens } | null = null;
  private turn: Promise<unknown> = Promise.resolve();

  async renew(configured: string, work: (kept: KeptTokens | null) => Promise<KeptTokens>): Promise<KeptTokens> {
    const renewed = this.turn.then(async () => {
      const tokens = await work(this.kept?.configured === configured ? this.kept.tokens : null);
      this.kept = { configured, tokens };
      return tokens;
    });
    this.turn = renewed.catch(() => undefined);
    return renewed;
  }
}
