import { chmod, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import { WORKSPACE } from "../sandbox/vendors/clockify-answers";
import { ACCOUNT } from "../sandbox/vendors/docusign-answers";
import { repoRoot } from "./machine/paths";
import type { StackState } from "./state";

export interface HubConfigOptions {
  /** The only database this sidecar may work for. */
  databaseUuid?: string | undefined;
  /** Where to write it; the place named by the state when absent. */
  file?: string;
  /** The sandbox as the sidecar sees it. */
  sandboxUrl?: string;
  /** Where vendors reach the sidecar, as the sandbox sees it. */
  doorUrl?: string;
  /** A container's user reads the file itself, so the folder above has to keep others out. */
  forContainer?: boolean;
}

/** Settings without a default: those of the sandbox's one account at each vendor. */
const SETTINGS: Record<string, Record<string, string>> = {
  docusign: { accountId: ACCOUNT },
  clockify: { workspaceId: WORKSPACE },
};

const SYSTEMS = path.join(repoRoot, "mappings", "systems");

/**
 * Write the sidecar's configuration for a stack: every system there is a connector for, pointed at the sandbox. The
 * configuration refers to secrets and never holds one, so each goes to a file of its own beside it. The sandbox accepts
 * credentials that say of themselves whose they are.
 */
export async function writeHubConfig(state: StackState, options: HubConfigOptions = {}): Promise<void> {
  const { databaseUuid, file = state.sidecar.configFile, forContainer } = options;
  const { sandboxUrl = state.sandbox.url, doorUrl = state.sidecar.doorUrl } = options;
  const folder = path.join(path.dirname(file), "secrets");
  await mkdir(folder, { recursive: true });
  await chmod(folder, forContainer ? 0o755 : 0o700);
  const write = async (target: string, text: string): Promise<void> => {
    await writeFile(target, text);
    await chmod(target, forContainer ? 0o644 : 0o600);
  };
  const secret = async (name: string, value: string): Promise<string> => {
    await write(path.join(folder, name), value);
    return `file:secrets/${name}`;
  };
  const admin = new URL(state.sidecar.url);
  const systems: Record<string, object> = {};
  for (const code of await systemCodes()) {
    const credentials: Record<string, string> = {};
    for (const name of await credentialNames(code)) {
      credentials[name] = await secret(`${code}-${name}`, sandboxCredential(code, name));
    }
    const settings = SETTINGS[code];
    systems[code] = { base_url: `${sandboxUrl}/${code}`, credentials, ...(settings && { settings }) };
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
    inbound: {
      host: forContainer ? "0.0.0.0" : admin.hostname,
      port: Number(new URL(doorUrl).port),
      public_url: doorUrl,
      // Tests count requests: they look when they mean to.
      poll_minutes: 0,
    },
    systems,
  };
  await write(file, stringify(config));
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

/** What a system insists on; where it offers several ways to log in, the first, which is the plain token; and the secret of its webhooks. */
async function credentialNames(code: string): Promise<string[]> {
  const text = await read(path.join(SYSTEMS, code, "credentials.schema.json"));
  const schema = JSON.parse(text || "{}") as { required?: string[]; anyOf?: { required?: string[] }[] };
  const secret = await webhookSecretName(code);
  return [...(schema.required ?? []), ...(schema.anyOf?.[0]?.required ?? []), ...(secret === null ? [] : [secret])];
}

/** The credential that a system's webhooks are signed with; null where it posts none. */
export async function webhookSecretName(code: string): Promise<string | null> {
  const text = await read(path.join(SYSTEMS, code, "connector.json"));
  const { webhooks } = JSON.parse(text || "{}") as { webhooks?: { signature: { secrets?: string[] } } };
  return webhooks?.signature.secrets?.[0] ?? null;
}

/** The credential of that name in every stack; the sandbox accepts it, and signs with it. */
export const sandboxCredential = (code: string, name: string): string => `sandbox-${code}-${name}`;

const read = async (file: string): Promise<string> => await readFile(file, "utf8").catch(() => "");
