/**
 * Lower goes first: in the claim, among what waits to be sent, and among what waits for a place in a rate limit. 50 is the
 * default of a rule; 10 is for what must not wait behind it.
 *
 * From this number on a delivery is backfill: bulk replays and first loads (they use 90). Backfill uses at most half of
 * what a sidecar holds and sends at once, and is spread over a rate limit's window, so that a live change never waits for
 * it. The claim in Odoo's database knows the same number (`odoo_addon/integration_hub/sql/20_claim.sql`).
 */
export const BACKFILL_PRIORITY = 80;

export function isBackfill(priority: number): boolean {
  return priority >= BACKFILL_PRIORITY;
}
