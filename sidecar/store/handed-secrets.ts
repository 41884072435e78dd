import type { Knex } from "knex";
import { HubError } from "../domain/errors";
import { SCHEMA, storeFault } from "./database";
import type { Sealer } from "./sealed";

/** A time in which one system may hand over secrets. */
export interface Window {
  system: string;
  openedAt: Date;
  closesAt: Date;
  /** Secrets that are still taken. */
  left: number;
  openedBy: string;
}

/** What people see of a secret that was handed over. */
export interface HandedSecret {
  id: number;
  system: string;
  /** Path and query that it was handed over to. */
  address: string;
  /** Network address of who handed it over. */
  sender: string;
  openedBy: string;
  acceptedAt: Date;
  /** When a call was last signed with it, to the minute; null: never. */
  lastUsedAt: Date | null;
  revokedAt: Date | null;
}

/** A secret that calls may be signed with. */
export interface ActiveSecret {
  id: number;
  secret: string;
}

/**
 * Secrets that vendors hand over when they subscribe us to their webhooks, in the hub's own database. They are taken only while a person
 * has opened a window for the system, and kept sealed. Each call reads them anew, so that one that was taken or revoked counts at once,
 * in every sidecar.
 */
export class HandedSecrets {
  /** @param sealer null without `store.key`: then nothing can be taken or read */
  constructor(
    private readonly store: Knex,
    private readonly sealer: Sealer | null,
  ) {}

  /**
   * Lets a system hand over up to `count` secrets within the next minutes; a window that is open is replaced.
   * @throws HubError `store_key_missing`
   */
  async open(system: string, minutes: number, count: number, by: string): Promise<Window> {
    this.opener();
    const { rows } = await this.ask<WindowRow>(
      `INSERT INTO ${SCHEMA}.webhook_window AS w (system, closes_at, "left", opened_by)
       VALUES (:system, now() + make_interval(mins => :minutes), :count, :by)
       ON CONFLICT (system) DO UPDATE SET opened_at = now(), closes_at = excluded.closes_at, "left" = excluded."left",
         opened_by = excluded.opened_by
       RETURNING system, opened_at, closes_at, "left", opened_by`,
      { system, minutes, count, by },
    );
    return toWindow(rows[0] as WindowRow);
  }

  /** Closes a system's window before its time. Answers whether one was open. */
  async close(system: string): Promise<boolean> {
    const { rows } = await this.ask<{ open: boolean }>(
      `DELETE FROM ${SCHEMA}.webhook_window WHERE system = ? RETURNING ${IS_OPEN} AS open`,
      [system],
    );
    return rows[0]?.open ?? false;
  }

  /** Windows that are open. */
  async windows(): Promise<Window[]> {
    const { rows } = await this.ask<WindowRow>(
      `SELECT system, opened_at, closes_at, "left", opened_by FROM ${SCHEMA}.webhook_window WHERE ${IS_OPEN} ORDER BY system`,
    );
    return rows.map(toWindow);
  }

  /**
   * Takes a secret while the system's window is open, and once: the same one again is known, and leaves the window as it is. One that was
   * revoked stays so. One statement, so that of two that come at once to a window with one place one is taken.
   * @returns whether it was taken
   */
  async accept(system: string, secret: string, from: { address: string; sender: string }): Promise<boolean> {
    if (!this.sealer) return false;
    const { rows } = await this.ask<{ taken: boolean }>(ACCEPT, {
      system,
      fingerprint: this.sealer.fingerprint(secret),
      sealed: this.sealer.seal(placeOfSecret(system), secret),
      ...from,
    });
    return rows.length > 0;
  }

  /** Those that a call may be signed with. Throws `store_key_wrong`, `store_unreachable`. */
  async active(system: string): Promise<ActiveSecret[]> {
    if (!this.sealer) return [];
    const { rows } = await this.ask<{ id: number; sealed: Buffer }>(
      `SELECT id, sealed FROM ${SCHEMA}.webhook_secret WHERE system = ? AND revoked_at IS NULL ORDER BY id`,
      [system],
    );
    return rows.map(({ id, sealed }) => ({ id, secret: this.unsealed(system, sealed) }));
  }

  /** A call was signed with it; noted once a minute. */
  async used(id: number): Promise<void> {
    await this.ask(
      `UPDATE ${SCHEMA}.webhook_secret SET last_used_at = now()
       WHERE id = ? AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
      [id],
    );
  }

  /** All that were ever taken, the newest first. */
  async list(): Promise<HandedSecret[]> {
    const { rows } = await this.ask<SecretRow>(
      `SELECT id, system, address, sender, opened_by, accepted_at, last_used_at, revoked_at
       FROM ${SCHEMA}.webhook_secret ORDER BY id DESC`,
    );
    return rows.map(toSecret);
  }

  /** From now on no call that is signed with it is believed. Throws `webhook_secret_unknown`. */
  async revoke(id: number, by: string): Promise<HandedSecret> {
    const { rows } = await this.ask<SecretRow>(
      `UPDATE ${SCHEMA}.webhook_secret SET revoked_at = coalesce(revoked_at, now()), revoked_by = coalesce(revoked_by, :by)
       WHERE id = :id RETURNING id, system, address, sender, opened_by, accepted_at, last_used_at, revoked_at`,
      { id, by },
    );
    const [row] = rows;
    if (!row) throw unknownSecret(id);
    return toSecret(row);
  }

  /** The secret itself, for a vendor that has a person repeat it (Gusto). Throws `webhook_secret_unknown`, `store_key_missing`. */
  async reveal(id: number): Promise<string> {
    this.opener();
    const { rows } = await this.ask<{ system: string; sealed: Buffer }>(
      `SELECT system, sealed FROM ${SCHEMA}.webhook_secret WHERE id = ?`,
      [id],
    );
    const [row] = rows;
    if (!row) throw unknownSecret(id);
    return this.unsealed(row.system, row.sealed);
  }

  private unsealed(system: string, sealed: Buffer): string {
    try {
      return this.opener().open(placeOfSecret(system), sealed);
    } catch (cause) {
      if (cause instanceof HubError) throw cause;
      throw new HubError(
        {
          kind: "credential",
          code: "store_key_wrong",
          message: `A secret that ${system} handed over cannot be opened with store.key.`,
          hint: `Put the former key back, or revoke it (hub webhooks revoke), open a window and subscribe again in ${system}.`,
          field: "store.key",
        },
        { cause },
      );
    }
  }

  private opener(): Sealer {
    if (this.sealer) return this.sealer;
    throw new HubError({
      kind: "data",
      code: "store_key_missing",
      message: "Secrets that systems hand over are kept sealed, and there is no key to seal them with.",
      hint: "Set store.key (openssl rand -base64 32), the same in every sidecar.",
      field: "store.key",
    });
  }

  private async ask<Row>(statement: string, values: unknown = []): Promise<{ rows: Row[] }> {
    try {
      return await this.store.raw<{ rows: Row[] }>(statement, values as never);
    } catch (thrown) {
      throw storeFault(thrown);
    }
  }
}

const IS_OPEN = `(closes_at > clock_timestamp() AND "left" > 0)`;

const ACCEPT = `
  WITH known AS (
    SELECT id, revoked_at FROM ${SCHEMA}.webhook_secret WHERE system = :system AND fingerprint = :fingerprint
  ), place AS (
    UPDATE ${SCHEMA}.webhook_window SET "left" = "left" - CASE WHEN EXISTS (SELECT FROM known) THEN 0 ELSE 1 END
    WHERE system = :system AND ${IS_OPEN} RETURNING opened_by
  ), added AS (
    INSERT INTO ${SCHEMA}.webhook_secret (system, fingerprint, sealed, address, sender, opened_by)
    SELECT :system, :fingerprint, :sealed, :address, :sender, opened_by FROM place
    ON CONFLICT (system, fingerprint) DO NOTHING RETURNING id
  )
  SELECT true AS taken FROM place WHERE NOT EXISTS (SELECT FROM known WHERE revoked_at IS NOT NULL)`;

interface WindowRow {
  system: string;
  opened_at: Date;
  closes_at: Date;
  left: number;
  opened_by: string;
}

interface SecretRow {
  id: number;
  system: string;
  address: string;
  sender: string;
  opened_by: string;
  accepted_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

function toWindow({ system, opened_at, closes_at, left, opened_by }: WindowRow): Window {
  return { system, openedAt: opened_at, closesAt: closes_at, left, openedBy: opened_by };
}

function toSecret(row: SecretRow): HandedSecret {
  const { id, system, address, sender } = row;
  const { opened_by: openedBy, accepted_at: acceptedAt, last_used_at: lastUsedAt, revoked_at: revokedAt } = row;
  return { id, system, address, sender, openedBy, acceptedAt, lastUsedAt, revokedAt };
}

/** Where the secrets of a system are sealed. */
export function placeOfSecret(system: string): string {
  return `webhook ${system}`;
}

function unknownSecret(id: number): HubError {
  return new HubError({
    kind: "data",
    code: "webhook_secret_unknown",
    message: `No secret ${id} was ever handed over.`,
    hint: "hub webhooks list shows those there are.",
    field: "id",
  });
}
