import { Client } from "pg";
import { queueContract } from "../../support/queue-contract";
import { openQueueDatabase, type QueueDatabase } from "../../support/queue-database";

let database: QueueDatabase;

beforeAll(async () => {
  database = await openQueueDatabase();
}, 600_000);

afterAll(async () => {
  await database?.close();
});

describe("the queue over Postgres", () => {
  queueContract(() => database);

  it("refuses a misspelt filter rather than selecting everything", async () => {
    await expect(asRole(`SELECT * FROM integration_hub.find_deliveries('{"systm": "x"}', 1)`)).rejects.toThrow(/systm/);
  });
});

describe("the sidecar's role (SEC-01)", () => {
  it.each([
    ["read a partner", "SELECT 1 FROM res_partner"],
    ["read the queue", "SELECT 1 FROM integration_delivery"],
    ["write into the queue", "INSERT INTO integration_event (event_type) VALUES ('forged')"],
    ["read payloads", "SELECT payload FROM integration_event_payload"],
    ["read API keys", "SELECT 1 FROM res_users_apikeys"],
    [
      "call the contract's building blocks",
      "SELECT integration_hub_private.store_links(NULL, NULL, NULL, NULL, NULL, NULL)",
    ],
    ["create a table", "CREATE TABLE public.mine (id int)"],
  ])("cannot %s", async (_what, statement) => {
    await expect(asRole(statement)).rejects.toThrow(/permission denied/);
  });

  it("can call the contract", async () => {
    await expect(asRole("SELECT integration_hub.contract_version() AS version")).resolves.toEqual([{ version: 1 }]);
  });
});

async function asRole(statement: string): Promise<unknown[]> {
  const client = new Client({ connectionString: database.roleUrl });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end();
  }
}
