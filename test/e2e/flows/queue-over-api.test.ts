import { Pool } from "pg";
import { ApiQueue } from "../../../sidecar/odoo/api-queue";
import { Json2Client } from "../../../sidecar/odoo/json2-client";
import { JsonRpcClient } from "../../../sidecar/odoo/jsonrpc-client";
import type { RecordClient } from "../../../sidecar/odoo/record-client";
import { up } from "../../stack/up";
import { queueContract } from "../../support/queue-contract";
import { QueueFixture } from "../../support/queue-fixture";
import { e2eStack } from "../support/e2e-stack";

const { name, odoo, postgres } = e2eStack();
const connection = { url: odoo.url, database: odoo.database, apiKey: odoo.serviceKey ?? "", timeoutMs: 30_000 };

const PROTOCOLS: [string, () => RecordClient][] = [
  ["JSON-2, Odoo 19", () => new Json2Client(connection)],
  ["JSON-RPC, Odoo 17 and 18", () => new JsonRpcClient({ ...connection, login: odoo.serviceLogin })],
];

// The stack's own sidecar would answer the questions of these tests.
beforeAll(async () => up({ name, withSidecar: false }), 60_000);
afterAll(async () => up({ name, withSidecar: true }), 60_000);

describe.each(PROTOCOLS)("the queue over Odoo's API (%s)", (_name, connect) => {
  let owner: Pool;
  let client: RecordClient;

  beforeAll(() => {
    owner = new Pool({ connectionString: postgres.adminUrl });
    client = connect();
  });

  afterAll(async () => {
    await owner.query("UPDATE integration_system SET active = false WHERE code LIKE 'sys\\_%'");
    await client.close();
    await owner.end();
  });

  queueContract(() => ({ queue: new ApiQueue(client), fixture: new QueueFixture(owner) }));
});
