import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import { repoRoot } from "./machine/paths";
import type { StackState } from "./state";

const SYSTEMS = path.join(repoRoot, "mappings", "systems");

/**
 * Write the sidecar's configuration for a stack: every system there is a connector for, pointed at the sandbox. The
 * configuration refers to secrets and never holds one, so each goes to a file of its own beside it.
 */
export async function writeHubConfig(state: StackState, databaseUuid?: string): Promise<void> {
  const folder = path.join(path.dirname(state.sidecar.configFile), "secrets");
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o700);
  const secret = async (name: string, value: string): Promise<string> => {
    await writeFile(path.join(folder, name), value, { mode: 0o600 });
    return `file:secrets/${name}`;
  };
  const admin = new URL(state.sidecar.url);
  const systems: Record<string, object> = {};
  for (const code of await systemCodes()) {
    const credentials: Record<string, string> = {};
    for (const name of await credentialNames(code)) {
      credentials[name] = await secret(`${code}-${name}`, `sandbox-${code}-${name}`);
    }
    systems[code] = { base_url: `${state.sandbox.url}/${code}`, credentials };
  }
  const config = {
    odoo: {
      url: state.odoo.url,
      database: state.odoo.database,
      ...(databaseUuid && { database_uuid: databaseUuid }),
      ...(state.odoo.serviceKey && { api_key: await secret("odoo-api-key", state.odoo.serviceKey) }),
      queue_url: await secret("queue-url", state.postgres.queueUrl),
    },
    store: { url: await secret("store-url", state.postgres.hubUrl) },
    admin: {
      host: admin.hostname,
      port: Number(admin.port),
      token: await secret("admin-token", state.sidecar.adminToken),
    },
    mappings: { dirs: [path.join(repoRoot, "mappings")] },
    systems,
  };
  await writeFile(state.sidecar.configFile, stringify(config), { mode: 0o600 });
}

/** Folders that hold a connector; read at every `up`, so that a new one takes part at once. */
async function systemCodes(): Promise<string[]> {
  const entries = await readdir(SYSTEMS, { withFileTypes: true }).catch(() => []);
  const codes: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && (await read(path.join(SYSTEMS, entry.name, "connector.json")))) codes.push(entry.name);
  }
  return codes.sort();
}

async function credentialNames(code: string): Promise<string[]> {
  const text = await read(path.join(SYSTEMS, code, "credentials.schema.json"));
  const schema = JSON.parse(text || "{}") as { properties?: Record<string, unknown> };
  return Object.keys(schema.properties ?? {});
}

const read = async (file: string): Promise<string> => await readFile(file, "utf8").catch(() => "");
