import type { Knex } from "knex";
import { HubError } from "../domain/errors";
import { SCHEMA, storeFault } from "./database";
import { placeOfSecret } from "./handed-secrets";
import type { Sealer } from "./sealed";

/** How much of what the connected systems need is kept sealed, all of which this sidecar can open. */
export interface Opened {
  signIns: number;
  secrets: number;
}

interface SealedRow {
  system: string;
  /** Number of a webhook secret; null: the tokens of a sign-in. */
  secret: number | null;
  sealed: Buffer;
}

/**
 * Opens, and forgets again, everything that is kept sealed for these systems, so that a wrong `store.key` is named before a vendor's call or a
 * sign-in fails by it.
 * @param sealer null without `store.key`
 * @throws HubError `store_key_wrong` with all that cannot be opened; `store_key_missing`; `store_unreachable`
 */
export async function checkStoreKey(store: Knex, sealer: Sealer | null, systems: readonly string[]): Promise<Opened> {
  const rows = await sealedRows(store, systems);
  const closed = rows.filter((row) => !opens(sealer, row));
  if (closed.length > 0) throw sealer ? wrongKey(closed) : noKey(closed);
  const secrets = rows.filter(({ secret }) => secret !== null).length;
  return { signIns: rows.length - secrets, secrets };
}

async function sealedRows(store: Knex, systems: readonly string[]): Promise<SealedRow[]> {
  try {
    const { rows } = await store.raw<{ rows: SealedRow[] }>(
      `SELECT system, NULL AS secret, sealed FROM ${SCHEMA}.oauth_token WHERE system = ANY(:systems)
       UNION ALL
       SELECT system, id AS secret, sealed FROM ${SCHEMA}.webhook_secret WHERE revoked_at IS NULL AND system = ANY(:systems)
       ORDER BY system, secret NULLS FIRST`,
      { systems: [...systems] },
    );
    return rows;
  } catch (thrown) {
    throw storeFault(thrown);
  }
}

function opens(sealer: Sealer | null, { system, secret, sealed }: SealedRow): boolean {
  try {
    sealer?.open(secret === null ? system : placeOfSecret(system), sealed);
    return sealer !== null;
  } catch {
    return false;
  }
}

function wrongKey(closed: readonly SealedRow[]): HubError {
  return new HubError({
    kind: "credential",
    code: "store_key_wrong",
    message: `store.key is another key than the one that sealed ${named(closed)}: they cannot be opened.`,
    hint: `Put the former key back, the same in every sidecar. ${otherwise(closed)}`,
    field: "store.key",
  });
}

function noKey(closed: readonly SealedRow[]): HubError {
  return new HubError({
    kind: "credential",
    code: "store_key_missing",
    message: `There is no store.key, and ${named(closed)} are kept sealed: they cannot be opened.`,
    hint: `Set store.key to the key of the other sidecars. ${otherwise(closed)}`,
    field: "store.key",
  });
}

/** `the sign-in to xero and the webhook secrets 3, 4 of asana` */
function named(closed: readonly SealedRow[]): string {
  const parts = [...bySystem(closed)].flatMap(([system, rows]) => {
    const secrets = secretsOf(rows);
    return [
      ...(secrets.length < rows.length ? [`the sign-in to ${system}`] : []),
      ...(secrets.length > 0 ? [`the webhook secrets ${secrets.join(", ")} of ${system}`] : []),
    ];
  });
  return parts.length === 1 ? `${parts[0]}` : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

/** What to do where the key is lost. */
function otherwise(closed: readonly SealedRow[]): string {
  const steps = [...bySystem(closed)].flatMap(([system, rows]) => {
    const secrets = secretsOf(rows);
    return [
      ...(secrets.length < rows.length
        ? [`authorise ${system} again and put the new refresh token into systems.${system}.credentials`]
        : []),
      ...secrets.map((id) => `hub webhooks revoke ${id}, and subscribe again in ${system}`),
    ];
  });
  return `If it is lost: ${steps.join("; ")}.`;
}

function secretsOf(rows: readonly SealedRow[]): number[] {
  return rows.flatMap(({ secret }) => (secret === null ? [] : [secret]));
}

function bySystem(rows: readonly SealedRow[]): Map<string, SealedRow[]> {
  const grouped = new Map<string, SealedRow[]>();
  for (const row of rows) grouped.set(row.system, [...(grouped.get(row.system) ?? []), row]);
  return grouped;
}
