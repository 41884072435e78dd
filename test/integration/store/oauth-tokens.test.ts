import type { Knex } from "knex";
import type { Connector } from "../../../sidecar/connectors";
import { openStore } from "../../../sidecar/store/database";
import { Sealer } from "../../../sidecar/store/sealed";
import { StoredTokens } from "../../../sidecar/store/stored-tokens";
import { waitFor } from "../../support/wait-for";
import { input, running, TestClock } from "../../unit/connectors/connect";
import { connectTo, ScriptedVendor, type Heard } from "../../unit/connectors/scripted-vendor";
import { openStoreDatabase, type StoreDatabase } from "./store-database";

const OAUTH = {
  type: "oauth2" as const,
  grant: "refresh_token" as const,
  tokenUrl: "https://login.ledgerly.example/oauth/token",
  clientId: "client",
  clientSecret: "{credentials.clientSecret}",
  refreshToken: "{credentials.refreshToken}",
};
const LIFE_MS = 1_800_000;

/** A vendor as Xero: each refresh token is accepted once, and whoever shows one a second time is locked out. */
describe("tokens of a vendor that rotates refresh tokens, kept in the hub's store (SEC-04)", () => {
  let database: StoreDatabase;
  let vendor: ScriptedVendor;
  let clock: TestClock;
  let accepted: string;
  let renewals: number;
  const opened: { connector: Connector; store: Knex }[] = [];

  beforeAll(async () => {
    database = await openStoreDatabase();
    vendor = new ScriptedVendor();
    await vendor.start();
    vendor.script = answer;
  }, 400_000);
  beforeEach(async () => {
    clock = new TestClock();
    accepted = "first";
    renewals = 0;
    await database.admin.query("TRUNCATE hub.oauth_token");
  });
  afterEach(async () => {
    await stopAll();
  });
  afterAll(async () => {
    await vendor?.stop();
    await database?.close();
  });

  const answer = ({ path, method, body, headers }: Heard) => {
    if (path === "/oauth/token") {
      const shown = new URLSearchParams(String(body)).get("refresh_token");
      if (shown !== accepted) {
        accepted = "locked out";
        return { status: 400, body: { error: "invalid_grant" } };
      }
      renewals += 1;
      accepted = `refresh-${renewals}`;
      return { body: { access_token: `access-${renewals}`, refresh_token: accepted, expires_in: LIFE_MS / 1000 } };
    }
    if (headers.authorization !== `Bearer access-${renewals}`) return { status: 401, body: {} };
    return method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: 7 } };
  };
  /** One more process of the hub. */
  const sidecar = (key = "k".repeat(32), refreshToken = "first"): Connector => {
    const store = openStore(database.url);
    const tokens = new StoredTokens(store, new Sealer(Buffer.from(key)), "ledgerly");
    const credentials = { clientSecret: "very-secret", refreshToken };
    const connector = connectTo(vendor, { auth: OAUTH }, { credentials, clock, tokens });
    opened.push({ connector, store });
    return connector;
  };
  const stopAll = async (): Promise<void> => {
    for (const { connector, store } of opened.splice(0)) {
      await connector.close();
      await store.destroy();
    }
  };
  const deliver = async (connector: Connector, n: number) => {
    const [outcome] = await connector.deliver([input({ key: `res.partner,${n}`, type: "client" })], running());
    return outcome;
  };
  const DELIVERED = { ok: true, externalId: "7" };

  it("let two sidecars sign in together, with one renewal for both", async () => {
    const [one, two] = [sidecar(), sidecar()];
    for (const round of [1, 2, 3]) {
      const outcomes = await Promise.all([deliver(one, round), deliver(two, round + 10)]);
      expect(outcomes).toMatchObject([DELIVERED, DELIVERED]);
      expect(renewals).toBe(round);
      clock.forward(LIFE_MS);
    }
  });

  it("survive a restart, while they last and after that", async () => {
    expect(await deliver(sidecar(), 1)).toMatchObject(DELIVERED);
    await stopAll();
    expect(await deliver(sidecar(), 2)).toMatchObject(DELIVERED);
    expect(renewals).toBe(1);
    await stopAll();
    clock.forward(LIFE_MS);
    expect(await deliver(sidecar(), 3)).toMatchObject(DELIVERED);
    expect(renewals).toBe(2);
  });

  it("cannot be read in the database, nor used by another system or with another key", async () => {
    await deliver(sidecar(), 1);
    const { rows } = await database.admin.query<{ sealed: Buffer }>("SELECT configured, sealed FROM hub.oauth_token");
    const [row] = rows;
    expect(JSON.stringify(row)).not.toContain("first");
    expect(row?.sealed.toString("latin1")).not.toMatch(/refresh|access/);
    const key = new Sealer(Buffer.from("k".repeat(32)));
    expect(key.open("ledgerly", row?.sealed ?? Buffer.alloc(0))).toContain("refresh-1");
    expect(() => key.open("another", row?.sealed ?? Buffer.alloc(0))).toThrow();
    expect(() => new Sealer(Buffer.from("x".repeat(32))).open("ledgerly", row?.sealed ?? Buffer.alloc(0))).toThrow();
  });

  it("are begun anew when an administrator authorises the connection again", async () => {
    await deliver(sidecar(), 1);
    await stopAll();
    accepted = "second";
    clock.forward(LIFE_MS);
    expect(await deliver(sidecar(undefined, "second"), 2)).toMatchObject(DELIVERED);
  });

  it("are not renewed while the store is away, and nothing is lost by it", async () => {
    const connector = sidecar();
    await deliver(connector, 1);
    clock.forward(LIFE_MS);
    await database.refuse();
    try {
      const outcome = await deliver(connector, 2);
      expect(outcome).toMatchObject({ failure: { kind: "technical", code: "store_unreachable" } });
      expect(renewals).toBe(1);
    } finally {
      await database.allow();
    }
    // The first call may still meet a connection that the store has closed.
    await waitFor("the store to be reached again", async () => (await deliver(connector, 2))?.ok === true);
  });
});
