import type { Knex } from "knex";
import { HubError } from "../domain/errors";
import type { KeptTokens, TokenStore } from "../domain/token-store";
import { SCHEMA, storeFault } from "./database";
import type { Sealer } from "./sealed";

const TABLE = "oauth_token";
/** Any number; with the system's code it names the lock of one connection's renewal. */
const RENEWAL_LOCK = 7_305_002;

interface Row {
  configured: string;
  sealed: Buffer;
}

/** OAuth tokens of one connection in the hub's own database, sealed, and renewed by one sidecar at a time. */
export class StoredTokens implements TokenStore {
  constructor(
    private readonly store: Knex,
    private readonly sealer: Sealer,
    private readonly system: string,
  ) {}

  /** Throws `store_key_wrong` when `store.key` is not the one they were sealed with; `store_unreachable`. */
  async renew(configured: string, work: (kept: KeptTokens | null) => Promise<KeptTokens>): Promise<KeptTokens> {
    const fingerprint = this.sealer.fingerprint(configured);
    let refused: unknown = null;
    try {
      // The lock belongs to the transaction: a sidecar that dies while it asks the vendor does not leave it behind.
      return await this.store.transaction(async (transaction) => {
        await transaction.raw("SELECT pg_advisory_xact_lock(?, hashtext(?))", [RENEWAL_LOCK, this.system]);
        const kept = await this.read(transaction, fingerprint);
        const tokens = await work(kept).catch((thrown: unknown) => {
          refused = thrown;
          throw thrown;
        });
        if (tokens !== kept) await this.write(transaction, fingerprint, tokens);
        return tokens;
      });
    } catch (thrown) {
      throw thrown === refused ? thrown : storeFault(thrown);
    }
  }

  private async read(transaction: Knex.Transaction, fingerprint: string): Promise<KeptTokens | null> {
    const row = await transaction(TABLE)
      .withSchema(SCHEMA)
      .where("system", this.system)
      .first<Row | undefined>("configured", "sealed");
    if (row?.configured !== fingerprint) return null;
    try {
      return JSON.parse(this.sealer.open(this.system, row.sealed)) as KeptTokens;
    } catch (cause) {
      throw new HubError(
        {
          kind: "credential",
          code: "store_key_wrong",
          message: `What is kept of the sign-in to ${this.system} cannot be opened with store.key.`,
          hint: `Authorise the connection again and put the new refresh token into systems.${this.system}.credentials.`,
          field: "store.key",
        },
        { cause },
      );
    }
  }

  private async write(transaction: Knex.Transaction, configured: string, tokens: KeptTokens): Promise<void> {
    const sealed = this.sealer.seal(this.system, JSON.stringify(tokens));
    await transaction(TABLE)
      .withSchema(SCHEMA)
      .insert({ system: this.system, configured, sealed, renewed_at: transaction.fn.now() })
      .onConflict("system")
      .merge();
  }
}
