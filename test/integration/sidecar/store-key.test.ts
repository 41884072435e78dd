import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { pino } from "pino";
import { check } from "../../../sidecar/commands/check";
import type { Config } from "../../../sidecar/config/config";
import type { KeptTokens } from "../../../sidecar/domain/token-store";
import { Hub } from "../../../sidecar/hub";
import { openStore } from "../../../sidecar/store/database";
import { HandedSecrets } from "../../../sidecar/store/handed-secrets";
import { migrate } from "../../../sidecar/store/migrate";
import { Sealer } from "../../../sidecar/store/sealed";
import { StoredTokens } from "../../../sidecar/store/stored-tokens";
import { databaseUrl } from "../../stack/database";
import { OPEN_MS, SidecarBench } from "./running-hub";

const KEY = randomBytes(32).toString("base64");
const TOKENS: KeptTokens = { refreshToken: "r", accessToken: "a", expiresAt: 0, answer: {} };
const ANOTHER = randomBytes(32).toString("base64");

/** A key that does not open what is kept sealed is named by the hub itself, before a vendor's call fails by it (SEC-04). */
describe("a store.key", () => {
  let bench: SidecarBench;
  let storeUrl: string;

  beforeAll(async () => {
    bench = await SidecarBench.open();
    const admin = new Client({ connectionString: bench.database.adminUrl });
    await admin.connect();
    await admin.query("CREATE DATABASE hub_sealed");
    await admin.end();
    storeUrl = databaseUrl(bench.database.adminUrl, "hub_sealed");
    await keepSealed();
  }, OPEN_MS);
  beforeEach(async () => bench.reset());
  afterAll(async () => bench.close());

  /** Tokens of HubSpot's sign-in and a secret that Asana handed over; and one of a system that is not connected any more. */
  async function keepSealed(): Promise<void> {
    const store = openStore(storeUrl);
    await migrate(store);
    const sealer = new Sealer(Buffer.from(KEY, "base64"));
    await new StoredTokens(store, sealer, "hubspot").renew("refresh", () => Promise.resolve(TOKENS));
    const handed = new HandedSecrets(store, sealer);
    await handed.open("asana", 5, 1, "test");
    await handed.accept("asana", "shared-secret", { address: "/webhooks/asana", sender: "192.0.2.1" });
    const gone = new Sealer(randomBytes(32));
    await new StoredTokens(store, gone, "dropped").renew("refresh", () => Promise.resolve(TOKENS));
    await store.destroy();
  }
  const configured = (key: string | null): Config => {
    const config = bench.config({ storeUrl });
    return { ...config, store: { ...config.store, key } };
  };
  /** What a sidecar with this key logs while it starts, and its part in readiness. */
  async function started(key: string | null): Promise<{ logged: string; part: unknown; ready: boolean }> {
    let logged = "";
    const log = pino({ level: "info" }, { write: (line: string) => (logged += line) });
    const hub = new Hub(configured(key), log);
    try {
      await hub.start();
      const components = await hub.components();
      return {
        logged,
        part: components.find(({ name }) => name === "store key"),
        ready: components.every(({ ok, required }) => ok || !required),
      };
    } finally {
      await hub.stop();
    }
  }
  /** `hub check`. */
  async function checked(key: string | null): Promise<{ code: number; out: string }> {
    let out = "";
    const print = jest.spyOn(process.stdout, "write").mockImplementation((text) => (out += String(text)) !== "");
    try {
      return { code: await check(configured(key)), out };
    } finally {
      print.mockRestore();
    }
  }

  it("that fits is not worth a word at start, and hub check says what it opens", async () => {
    const { logged, part } = await started(KEY);
    expect(logged).not.toContain("store_key");
    expect(part).toBeUndefined();
    expect((await checked(KEY)).out).toMatch(/ok +store key +opens what is kept sealed: sign-ins 1, webhook secrets 1/);
  });

  it.each([
    ["that is another one", ANOTHER, "store_key_wrong", "store.key is another key than the one that sealed"],
    ["that is missing", null, "store_key_missing", "There is no store.key"],
  ])("%s is named with all that it cannot open and what to do; the rest works", async (_what, key, code, words) => {
    const { logged, part, ready } = await started(key);
    const named = "the webhook secrets 1 of asana and the sign-in to hubspot";
    expect(logged).toContain(code);
    expect(part).toMatchObject({ ok: false, message: expect.stringContaining(words) as string });
    expect(part).toMatchObject({ message: expect.stringContaining(named) as string });
    expect(part).toMatchObject({
      hint: expect.stringMatching(/hub webhooks revoke 1[\s\S]*authorise hubspot/) as string,
    });
    expect(JSON.stringify(part)).not.toContain("dropped");
    expect(ready).toBe(true);
    const { code: exit, out } = await checked(key);
    expect(exit).toBe(1);
    expect(out).toMatch(/FAIL +store key[\s\S]*what to do/);
    for (const secret of [KEY, key ?? KEY, "shared-secret"])
      expect(logged + out + JSON.stringify(part)).not.toContain(secret);
  });
});
