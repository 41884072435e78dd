import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { request } from "undici";
import { openStore } from "../../../sidecar/store/database";
import { migrate } from "../../../sidecar/store/migrate";
import { MIGRATIONS } from "../../../sidecar/store/migrations";
import { StoredTicks } from "../../../sidecar/schedules/ticks";
import { databaseUrl } from "../../stack/database";
import { waitFor } from "../../support/wait-for";
import { ADMIN_TOKEN, OPEN_MS, SidecarBench } from "./running-hub";

const LAUNCHER = path.resolve(__dirname, "../../../sidecar/bin/hub.js");

/** The program as an administrator runs it: a process of its own, started through the launcher. */
describe("the command line", () => {
  let bench: SidecarBench;
  let folder: string;
  let port: number;
  let storeUrl: string;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    bench = await SidecarBench.open();
    folder = mkdtempSync(path.join(tmpdir(), "hub-command-line-"));
    const admin = new Client({ connectionString: bench.database.adminUrl });
    await admin.connect();
    await admin.query("CREATE DATABASE hub_store");
    await admin.end();
    storeUrl = databaseUrl(bench.database.adminUrl, "hub_store");
  }, OPEN_MS);
  beforeEach(async () => {
    await bench.reset();
    port = await freePort();
    writeFileSync(
      path.join(folder, "hub.yaml"),
      `odoo: { url: "http://127.0.0.1:9", database: test, queue_url: env:QUEUE_URL }
store: { url: env:STORE_URL }
admin: { port: ${port}, token: env:ADMIN_TOKEN }
delivery: { lease_seconds: 3, stop_seconds: 5 }
systems:
  hubspot: { base_url: "${bench.sandbox.url}/hubspot", credentials: { accessToken: env:SANDBOX_TOKEN } }
  asana: { base_url: "${bench.sandbox.url}/asana", credentials: { accessToken: env:SANDBOX_TOKEN } }
`,
    );
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => ended(child, "SIGKILL")));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await bench.close();
  });

  function start(args: string[], variables: Record<string, string> = {}): ChildProcess {
    const child = spawn(process.execPath, [LAUNCHER, "--config", path.join(folder, "hub.yaml"), ...args], {
      env: {
        ...process.env,
        QUEUE_URL: bench.database.roleUrl,
        STORE_URL: storeUrl,
        ADMIN_TOKEN,
        SANDBOX_TOKEN: "demo",
        ...variables,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    children.push(child);
    return child;
  }

  async function run(
    args: string[],
    variables?: Record<string, string>,
  ): Promise<{ code: number; out: string; err: string }> {
    const child = start(args, variables);
    let [out, err] = ["", ""];
    child.stdout?.on("data", (part) => (out += String(part)));
    child.stderr?.on("data", (part) => (err += String(part)));
    const code = await new Promise<number>((resolve) => child.once("close", (status) => resolve(status ?? -1)));
    return { code, out, err };
  }

  const ready = (): Promise<void> =>
    waitFor("the sidecar to be ready", async () => {
      const answer = await request(`http://127.0.0.1:${port}/readyz`);
      await answer.body.dump();
      return answer.statusCode === 200;
    });
  const project = (id: number): Promise<number> =>
    bench.fixture.change({
      system: "asana",
      lane: `project.project,${id}`,
      object: "project",
      record: { name: `Project ${id}`, active: true },
    });

  it("serves until it is told to stop, and says so with exit code 0", async () => {
    const child = start(["serve"]);
    await ready();
    await bench.reaches(await project(1), "delivered");
    expect(await ended(child, "SIGTERM")).toBe(0);
  });

  it("forecasts how long what waits will take, and ends with 1 when a quota does not suffice (PERF-07)", async () => {
    await project(1);
    await project(2);
    const waiting = await run(["capacity", "--from-queue", "--json"]);
    expect(waiting).toMatchObject({ code: 0, err: "" });
    const { systems } = JSON.parse(waiting.out) as { systems: unknown };
    expect(systems).toMatchObject([{ system: "asana", records: 2, calls: 4, minimumSeconds: 0, sufficient: true }]);

    const file = path.join(folder, "volumes.yaml");
    writeFileSync(file, "volumes: [{ system: asana, object: project, records: 90000, every: 1h }]");
    const tooMuch = await run(["capacity", file]);
    expect(tooMuch.code).toBe(1);
    expect(tooMuch.out).toContain("Or ask Asana for");
    expect(await run(["capacity"])).toMatchObject({ code: 2 });
  });

  it("loses nothing and doubles nothing when it is killed while it sends (D4, RES-05)", async () => {
    bench.sandbox.faults.add({
      system: "asana",
      match: { method: "POST" },
      fault: { kind: "timeout_after_apply", delayMs: 30_000 },
    });
    const ids = [await project(1), await project(2), await project(3)];
    const killed = start(["serve"]);
    const made = (): number => bench.sandbox.store.table("asana", "project")?.live().length ?? 0;
    await waitFor("the vendor to have taken them", () => made() === 3);
    await ended(killed, "SIGKILL");
    expect(await bench.fixture.states(ids)).toEqual(["processing", "processing", "processing"]);

    bench.sandbox.faults.clear();
    start(["serve"]);
    for (const id of ids) {
      await waitFor(`delivery ${id}`, async () => (await bench.fixture.delivery(id))["state"] === "delivered", {
        timeoutMs: 45_000,
      });
    }
    expect(made()).toBe(3);
  }, 120_000);

  it("waits for a database that is away and says what it waits for", async () => {
    start(["serve"], { QUEUE_URL: "postgres://hub:pw@127.0.0.1:9/odoo" });
    await waitFor("readiness in words", async () => {
      const answer = await request(`http://127.0.0.1:${port}/readyz`);
      const text = await answer.body.text();
      return answer.statusCode === 503 && text.includes("Odoo's database did not answer");
    });
  });

  it("stops at once where waiting heals nothing, with what, where and fix", async () => {
    const wrongPassword = bench.database.roleUrl.replace(/:[^:@/]+@/, ":wrong@");
    expect(await run(["serve"], { QUEUE_URL: wrongPassword })).toMatchObject({
      code: 1,
      err: expect.stringContaining("queue_sign_in_refused") as string,
    });
    const noContract = databaseUrl(bench.database.adminUrl, "postgres");
    expect(await run(["serve"], { QUEUE_URL: noContract })).toMatchObject({
      code: 4,
      err: expect.stringContaining("Install or update the addon") as string,
    });
    const copied = await run(["serve"], { HUB_ODOO_DATABASE_UUID: "another" });
    expect(copied).toMatchObject({ code: 4, err: expect.stringContaining("database_not_ours") as string });
    const unset = await run(["serve"], { SANDBOX_TOKEN: "" });
    expect(unset).toMatchObject({
      code: 3,
      err: expect.stringContaining("systems.hubspot.credentials.accessToken") as string,
    });
    const unknown = await run(["serve", "--nonsense"]);
    expect(unknown.code).toBe(2);
  });

  it("checks everything and finds what cannot be reached", async () => {
    const good = await run(["check"]);
    expect(good).toMatchObject({
      code: 0,
      out: expect.stringMatching(/ok\s+queue[\s\S]*ok\s+system hubspot/) as string,
    });
    bench.sandbox.tokens.configure("asana", ["another"]);
    const refused = await run(["check"]);
    expect(refused).toMatchObject({
      code: 1,
      out: expect.stringMatching(/FAIL\s+system asana[\s\S]*what to do/) as string,
    });
  });

  it("replays what a filter finds, and queues nothing in a dry run (RES-04)", async () => {
    start(["serve"]);
    await ready();
    const id = await project(1);
    await bench.reaches(id, "delivered");
    const filter = ["replay", "--system", "asana", "--state", "delivered"];
    expect(await run([...filter, "--dry-run"])).toMatchObject({ code: 0, out: "" });
    const replayed = await run([...filter, "--force", "--follow"]);
    expect(replayed).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\n$/) as string });
    expect(replayed.err).toMatch(/done: 100 %, 1 of 1 queued, 0 left out/);
    await waitFor("the second effect", () => bench.sandbox.journal.list("asana").length >= 2);
    expect(await run(["replay"])).toMatchObject({
      code: 2,
      err: expect.stringContaining("replay_nothing_named") as string,
    });
  });

  it("makes the queue's role, which can then claim and read no table (SEC-01)", async () => {
    const args = [
      "grant",
      "--role",
      "made_by_hub",
      "--password-from",
      "env:ROLE_PASSWORD",
      "--database-url",
      "env:ADMIN_URL",
    ];
    const made = await run(args, { ROLE_PASSWORD: "a'b\"c", ADMIN_URL: bench.database.adminUrl });
    expect(made).toMatchObject({ code: 0 });
    const role = new Client({
      connectionString: databaseUrl(bench.database.adminUrl, new URL(bench.database.adminUrl).pathname.slice(1), {
        user: "made_by_hub",
        password: "a'b\"c",
      }),
    });
    await role.connect();
    await expect(role.query("SELECT * FROM integration_hub.systems()")).resolves.toMatchObject({ rowCount: 3 });
    await expect(role.query("SELECT * FROM res_partner")).rejects.toMatchObject({ code: "42501" });
    await role.end();
  });

  it("shows a preview and sends nothing", async () => {
    const payload = path.join(folder, "payload.json");
    writeFileSync(
      payload,
      JSON.stringify({ record: { id: 7, name: " Acme ", active: true }, changed: [], before: {} }),
    );
    const shown = await run(["preview", "--system", "hubspot", "--object", "customer", "--payload", payload]);
    expect(shown.code).toBe(0);
    expect(JSON.parse(shown.out)).toMatchObject({
      canonical: { id: "res.partner,7", name: "Acme" },
      outgoing: { type: "company", document: { properties: { name: "Acme" } } },
      findings: [],
    });
    expect(bench.sandbox.journal.list()).toEqual([]);
  });

  describe("the hub's own tables", () => {
    it("are made once when two processes start at the same time", async () => {
      const stores = [openStore(storeUrl), openStore(storeUrl)];
      await stores[0]?.raw("DROP SCHEMA IF EXISTS hub CASCADE");
      const ran = await Promise.all(stores.map((store) => migrate(store)));
      expect(ran.flat()).toEqual(MIGRATIONS.map((migration) => migration.name));
      await Promise.all(stores.map((store) => store.destroy()));
    });

    it("are left alone by an older version", async () => {
      const store = openStore(storeUrl);
      await migrate(store);
      await expect(migrate(store, [])).rejects.toMatchObject({ failure: { code: "store_newer" } });
      await store.destroy();
    });

    it("give each tick of a job to one sidecar (D14)", async () => {
      const stores = [openStore(storeUrl), openStore(storeUrl)];
      if (stores[0]) await migrate(stores[0]);
      const at = new Date();
      const won = await Promise.all(
        stores.map((store, index) => new StoredTicks(store, `w${index}`).claim("reap", at)),
      );
      expect(won.filter((one) => one)).toHaveLength(1);
      await Promise.all(stores.map((store) => store.destroy()));
    });
  });
});

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const end = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.kill(signal);
  return end;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
