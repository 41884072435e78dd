import { writeFile } from "node:fs/promises";
import { stringify } from "yaml";
import type { StackState } from "./state";

/** Write the sidecar's configuration for a stack. It holds passwords, so only its owner may read it. */
export async function writeHubConfig(state: StackState): Promise<void> {
  const config = {
    odoo: {
      url: state.odoo.url,
      database: state.odoo.database,
      apiKey: state.odoo.serviceKey,
      queue: { transport: "postgres", url: state.postgres.queueUrl },
    },
    store: { url: state.postgres.hubUrl },
    admin: { host: new URL(state.sidecar.url).hostname, port: Number(new URL(state.sidecar.url).port) },
    sandbox: { url: state.sandbox.url },
  };
  await writeFile(state.sidecar.configFile, stringify(config), { mode: 0o600 });
}
