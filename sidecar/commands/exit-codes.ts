import { ConfigError } from "../config/config-error";
import { isHubError } from "../domain/errors";
import { MappingPackError } from "../mapping/registry";

/** How `hub` ends, for scripts (documented in docs/operations/configuration.md). */
export const EXIT = {
  done: 0,
  /** Something needed was away or failed: the same command may work later. */
  failed: 1,
  /** The command line is wrong. */
  usage: 2,
  /** Configuration, a mapping or a connector is wrong. */
  invalid: 3,
  /** Odoo's database holds no queue contract, another version of it, or is not the database that was meant. */
  contract: 4,
} as const;

const CONTRACT_CODES = new Set(["contract_missing", "contract_unsupported", "database_not_ours"]);
const USAGE_CODES = new Set(["replay_nothing_named", "not_listed", "usage"]);

export function exitCodeFor(thrown: unknown): number {
  if (thrown instanceof ConfigError || thrown instanceof MappingPackError) return EXIT.invalid;
  if (!isHubError(thrown)) return EXIT.failed;
  if (CONTRACT_CODES.has(thrown.code)) return EXIT.contract;
  if (USAGE_CODES.has(thrown.code)) return EXIT.usage;
  return thrown.code.startsWith("connector_") || thrown.code.startsWith("connection_") ? EXIT.invalid : EXIT.failed;
}
