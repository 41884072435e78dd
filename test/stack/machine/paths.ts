import { createHash } from "node:crypto";
import { homedir } from "node:os";
import path from "node:path";

/** The checkout this file belongs to; nothing here depends on the folder a command was started from. */
export const repoRoot = path.resolve(__dirname, "..", "..", "..");

/**
 * Everything that Odoo and Postgres read or write lives here and not in the checkout: both refuse to run as root, and the
 * user they run as instead may not be able to enter the folder the checkout sits in.
 */
export function cacheRoot(): string {
  const override = process.env["HUB_CACHE_DIR"];
  if (override) return path.resolve(override);
  if (process.getuid?.() === 0) return "/var/cache/odoo-integration-hub";
  return path.join(process.env["XDG_CACHE_HOME"] || path.join(homedir(), ".cache"), "odoo-integration-hub");
}

/** Folders of the cache, by what they hold. */
export const cachePaths = {
  packages: (): string => path.join(cacheRoot(), "packages"),
  aptState: (): string => path.join(cacheRoot(), "apt"),
  odoo: (version: string): string => path.join(cacheRoot(), "odoo-19", version),
  postgres: (version: string): string => path.join(cacheRoot(), "postgres", version),
  templates: (): string => path.join(cacheRoot(), "templates"),
  template: (hash: string): string => path.join(cacheRoot(), "templates", hash),
  /** Compiled Python, so that the unpacked Odoo can stay read-only for the user that runs it. */
  pycache: (): string => path.join(cacheRoot(), "pycache"),
  /** Servers that live as long as one test process. */
  scratch: (): string => path.join(cacheRoot(), "scratch"),
  stack: (name: string): string => path.join(cacheRoot(), "stacks", `${name}-${checkoutId()}`),
};

/** Two checkouts on one machine get stacks of their own. */
export function checkoutId(): string {
  return createHash("sha256").update(repoRoot).digest("hex").slice(0, 8);
}

/** The file other code reads to find the running stack. */
export function stateFile(name: string): string {
  return path.join(repoRoot, ".stack", `${name}.json`);
}
