import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse, stringify } from "yaml";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { e2eStack } from "../support/e2e-stack";
import { SecondOdoo } from "../support/second-odoo";

const HUB = path.resolve(__dirname, "../../../sidecar/bin/hub.js");
const PATH = "systems/hubspot/mappings/customer.json";
const SETTINGS = "systems/hubspot/settings.json";
const LINE = { to: "properties.description", from: "reference" };

interface Version {
  id: number;
  state: string;
  content: { lines: object[] };
  author_id: [number, string];
  reason: string;
}

/** What administrators changed in one Odoo goes into another by a command, with a diff, without secrets, and gives nobody a right (MIG-05). */
describe("hub pack between a test and a production database", () => {
  const stack = e2eStack();
  let second: SecondOdoo;
  let test: OdooApi;
  let production: OdooApi;
  let author: Person;
  let approver: Person;
  let configFile: string;
  /** Versions from before the copy was made are in both. */
  let copied = 0;

  beforeAll(async () => {
    test = await OdooApi.signIn(stack);
    author = await hirePerson(stack, test, "mapping");
    approver = await hirePerson(stack, test, "mapping");
    copied = Math.max(0, ...(await test.search("integration.artifact.version", [])));
    second = await SecondOdoo.start(stack, "odoo_production");
    production = await OdooApi.signIn(second.stack);
    // Beside the stack's own, because the configuration refers to its secrets by relative paths.
    configFile = path.join(path.dirname(stack.sidecar.configFile), "hub-production.yaml");
    const config = parse(await readFile(stack.sidecar.configFile, "utf8")) as { odoo: Record<string, unknown> };
    const { url, database } = second.stack.odoo;
    // Over JSON-RPC a person's password is as good as an API key.
    config.odoo = { ...config.odoo, url, database, protocol: "jsonrpc", login: stack.odoo.serviceLogin };
    await writeFile(configFile, stringify(config), { mode: 0o600 });
    await activateInTest();
  });

  afterAll(async () => {
    await second?.stop();
    const active = await versionsIn(test, PATH, "active");
    for (const { id } of active) await approver.api.call("integration.artifact.version", "action_rollback", [[id]]);
    await author?.remove();
    await approver?.remove();
  });

  async function hub(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
    const child = spawn(process.execPath, [HUB, "--config", stack.sidecar.configFile, "pack", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, AUTHORS_KEY: author.password },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (part) => (out += String(part)));
    child.stderr.on("data", (part) => (err += String(part)));
    const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
    return { code, out, err };
  }
  const apply = async (...more: string[]): ReturnType<typeof hub> =>
    hub("apply", "--from", "odoo", "--to", configFile, "--reason", "Release of the test database", ...more);
  const asAuthor = ["--key-from", "env:AUTHORS_KEY", "--login"];

  it("shows what would change in production, line by line", async () => {
    const { code, out } = await hub("diff", "--from", "odoo", "--to", configFile);
    expect(out).toContain(`~ ${PATH}\n`);
    expect(out).toContain('    lines[properties.description].from: nothing → "reference"\n');
    expect(code).toBe(1);
  });

  it("brings nothing in for the sidecar's own user, and says whose key is needed (SEC-09)", async () => {
    const { code, err } = await apply();
    expect(err).toContain("--key-from");
    expect(err).toContain("mapping administrator");
    expect(code).not.toBe(0);
    expect(await versionsIn(production, PATH)).toEqual([]);
  });

  it("makes a draft of whoever brings it in, which counts for nothing until somebody else approves it", async () => {
    const { code, out } = await apply(...asAuthor, author.login);
    expect(out).toMatch(new RegExp(`draft +${PATH} +version \\d+`));
    expect(code).toBe(0);
    const [version] = await versionsIn(production, PATH);
    expect(version).toMatchObject({ state: "draft", author_id: [author.id, author.name] });
    expect(version?.reason).toBe("Release of the test database");
    expect(version?.content.lines).toContainEqual(LINE);
    expect((await apply(...asAuthor, author.login)).out).toMatch(/waits already/);
    expect(await versionsIn(production, PATH)).toHaveLength(1);
  });

  it("refuses a set with a secret in it, however deep, before anything travels (SEC-02)", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "hub-pack-"));
    try {
      await mkdir(path.dirname(path.join(folder, SETTINGS)), { recursive: true });
      const content = { title: "HubSpot", settings: { apiToken: "pat-secret" } };
      await writeFile(path.join(folder, SETTINGS), JSON.stringify(content));
      const to = ["--to", configFile, "--reason", "Settings", ...asAuthor, author.login];
      const { code, err } = await hub("apply", "--from", folder, ...to);
      expect(err).toContain("settings.apiToken");
      expect(err).not.toContain("pat-secret");
      expect(code).not.toBe(0);
      expect(await versionsIn(production, SETTINGS)).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  async function versionsIn(odoo: OdooApi, file: string, state?: string): Promise<Version[]> {
    const domain = [["artifact_id.path", "=", file], ["id", ">", copied], ...(state ? [["state", "=", state]] : [])];
    return odoo.read<Version>("integration.artifact.version", domain, [
      "id",
      "state",
      "content",
      "author_id",
      "reason",
    ]);
  }

  /** One more line in the mapping to the CRM, written, approved and active in the test database. */
  async function activateInTest(): Promise<void> {
    const [artifact] = await test.read<{ id: number }>("integration.artifact", [["path", "=", PATH]], ["id"]);
    await test.write("integration.artifact", [artifact?.id ?? 0], { owner_id: author.id, purpose: "Companies" });
    const id = await author.api.create("integration.artifact.version", {
      artifact_id: artifact?.id,
      reason: "Sales looks for companies by our reference",
      compliance_note: "Nothing personal",
      rollback_plan: "Roll back",
    });
    const [draft] = await author.api.read<Version>("integration.artifact.version", [["id", "=", id]], ["content"]);
    const content = { ...draft?.content, lines: [...(draft?.content.lines ?? []), LINE] };
    await author.api.write("integration.artifact.version", [id], { content });
    await author.api.call("integration.artifact.version", "action_submit", [[id]]);
    await approver.api.call("integration.artifact.version", "action_approve", [[id]]);
    await approver.api.call("integration.artifact.version", "action_activate", [[id]]);
  }
});
