import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundledMappings } from "../../../../sidecar/config/load";
import type { ConnectorDefinition } from "../../../../sidecar/connectors/definition";

/** The longest a connector waits for an answer here, in milliseconds; thirty seconds in real ones. */
export const TIMEOUT_MS = 800;
/** How long calls to an unwell system stop, in milliseconds; fifteen seconds in real ones. */
export const HALF_OPEN_MS = 600;
/** How long after a create a look-up may still miss it, in milliseconds; five to ten seconds in real ones. */
export const SETTLE_MS = 1_000;
/** What a vendor that names no time is given after a 429, in milliseconds; ten seconds in real ones. */
export const RATE_LIMIT_MS = 2_000;

const CODES = ["hubspot", "asana", "bamboohr"];

/**
 * The shipped connector definitions with short waits, so that an outage of seconds shows what one of minutes would. A folder for
 * `mappings.dirs` beside the shipped one; everything else of the definitions is as shipped.
 */
export class QuickConnectors {
  readonly dir = mkdtempSync(path.join(tmpdir(), "hub-quick-"));

  constructor() {
    for (const code of CODES) this.make(code);
  }

  /** YAML for the sidecar's configuration. */
  get yaml(): string {
    return `mappings: { dirs: ["${bundledMappings()}", "${this.dir}"] }`;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private make(code: string): void {
    const [from, to] = [bundledMappings(), this.dir].map((root) => path.join(root, "systems", code));
    if (from === undefined || to === undefined) return;
    for (const file of ["connector.json", "credentials.schema.json"])
      cpSync(path.join(from, file), path.join(to, file));
    const file = path.join(to, "connector.json");
    const definition = JSON.parse(readFileSync(file, "utf8")) as ConnectorDefinition;
    definition.connection.timeoutMs = TIMEOUT_MS;
    definition.breaker = { ...definition.breaker, halfOpenAfterMs: HALF_OPEN_MS };
    // Stories are short: what they measure is faults, not quotas.
    for (const bucket of Object.values(definition.limits.buckets))
      Object.assign(bucket, { requests: 1_000, perMs: 1_000 });
    for (const outcome of definition.outcomes ?? []) {
      if (outcome.retryAfterMs !== undefined && outcome.code === "rate_limit") outcome.retryAfterMs = RATE_LIMIT_MS;
    }
    for (const object of Object.values(definition.objects)) {
      for (const find of object.find ?? []) if (find.settleMs !== undefined) find.settleMs = SETTLE_MS;
    }
    writeFileSync(file, JSON.stringify(definition));
  }
}
