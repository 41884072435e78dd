import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import path from "node:path";
import { request } from "undici";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const HUB = path.resolve(__dirname, "../../../sidecar/bin/hub.js");
const CUSTOMER = path.join("odoo", "customer.json");
const PREVIEW = ["preview", "--system", "hubspot"];

interface Preview {
  object: string;
  canonical?: Record<string, unknown>;
  outgoing?: { type: string; document: { properties: Record<string, unknown>; associations?: unknown } };
  findings: { code: string; field?: string }[];
  waitsFor: { lane: string; type: string }[];
}

const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);
let odoo: OdooApi;
let exchanges: Exchanges;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
});

/** The program as an administrator runs it beside a sidecar that serves, with the same configuration. */
async function hub(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return hubWith({}, ...args);
}

async function hubWith(variables: Record<string, string>, ...args: string[]): ReturnType<typeof hub> {
  const child = spawn(process.execPath, [HUB, "--config", stack.sidecar.configFile, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...variables },
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => (out += String(part)));
  child.stderr.on("data", (part) => (err += String(part)));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

async function previewOf(model: string, id: number, ...more: string[]): Promise<Preview> {
  const { out, err } = await hub(...PREVIEW, "--model", model, "--id", String(id), ...more);
  if (out === "") throw new Error(err);
  return JSON.parse(out) as Preview;
}

async function company(name: string): Promise<number> {
  const id = await odoo.create("res.partner", { name: `${name} ${randomUUID()}`, is_company: true, city: "Ghent" });
  await exchanges.settled("res.partner", [id]);
  return id;
}

describe("hub check", () => {
  it("finds everything of a running stack in order", async () => {
    const { code, out } = await hub("check");
    expect(out).toMatch(/ok +queue/);
    expect(out).toMatch(/ok +odoo/);
    expect(out).toMatch(/ok +store/);
    expect(out).toMatch(/ok +system hubspot/);
    expect(out).not.toContain("FAIL");
    expect(code).toBe(0);
  });
});

describe("hub preview of a record in Odoo (DES-04)", () => {
  it("shows the document that the vendor got for it, and sends nothing", async () => {
    const id = await company("Previewed");
    const sent = await sandbox.journal("hubspot");
    const deliveries = await exchanges.of("res.partner", [id]);
    const shown = await previewOf("res.partner", id);
    expect(shown).toMatchObject({
      object: "customer",
      canonical: { id: `res.partner,${id}`, address: { city: "Ghent" } },
      outgoing: { type: "company", document: { properties: { city: "Ghent" } } },
      findings: [],
      waitsFor: [],
    });
    const companies = await sandbox.records("hubspot", "company");
    const held = companies.find((record) => JSON.stringify(record).includes(`res.partner,${id}"`));
    expect(held).toMatchObject({ fields: filled(shown.outgoing?.document.properties ?? {}) });
    expect(await sandbox.journal("hubspot")).toHaveLength(sent.length);
    expect(await exchanges.of("res.partner", [id])).toEqual(deliveries);
  });

  it("takes a model's business object from the rule that sends the record, unless it is named", async () => {
    const person = await odoo.create("res.partner", { name: `Ann ${randomUUID()}` });
    expect((await previewOf("res.partner", person)).object).toBe("contact");
    expect((await previewOf("res.partner", person, "--object", "customer")).object).toBe("customer");
    const address = await odoo.create("res.partner", { name: `Door ${randomUUID()}`, type: "delivery" });
    expect(await hub(...PREVIEW, "--model", "res.partner", "--id", String(address))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/No active rule sends res\.partner,\d+ to hubspot[\s\S]*--object/) as string,
    });
  });

  it("shows what it waits for until the other record is at the vendor, and the vendor's id afterwards", async () => {
    await setPaused(true);
    let employer: number, person: number;
    try {
      employer = await odoo.create("res.partner", { name: `Employer ${randomUUID()}`, is_company: true });
      person = await odoo.create("res.partner", { name: `Employed ${randomUUID()}`, parent_id: employer });
      const shown = await previewOf("res.partner", person);
      expect(shown.waitsFor).toMatchObject([{ lane: `res.partner,${employer}`, type: "company" }]);
    } finally {
      await setPaused(false);
    }
    const [delivery] = await exchanges.settled("res.partner", [employer]);
    expect(await previewOf("res.partner", person)).toMatchObject({
      outgoing: { document: { associations: { company: delivery?.external_id } } },
      waitsFor: [],
    });
  });

  it("ends with 1 and names the field where the record would be held (MAP-03)", async () => {
    const stage = await odoo.create("crm.stage", { name: `Unheard of ${randomUUID()}`, sequence: 999 });
    const lead = { name: `Deal ${randomUUID()}`, type: "opportunity", stage_id: stage };
    const id = await odoo.create("crm.lead", lead);
    const { code, out } = await hub(...PREVIEW, "--model", "crm.lead", "--id", String(id));
    await odoo.unlink("crm.lead", [id]);
    await odoo.unlink("crm.stage", [stage]);
    const shown = JSON.parse(out) as Preview;
    expect(shown.canonical).toBeDefined();
    expect(shown.outgoing).toBeUndefined();
    expect(shown.findings).toMatchObject([{ kind: "data", field: expect.stringContaining("stage") as string }]);
    expect(code).toBe(1);
  });

  it("names the fields of a changed mapping that no running sidecar has asked Odoo for yet", async () => {
    const shipped = path.resolve(__dirname, "../../../mappings");
    const mapping = JSON.parse(await readFile(path.join(shipped, CUSTOMER), "utf8")) as { lines: { to: string }[] };
    mapping.lines = mapping.lines.map((line) => (line.to === "phone" ? { to: "phone", from: "barcode" } : line));
    const overlay = await mkdtemp(path.join(tmpdir(), "hub-overlay-"));
    try {
      await mkdir(path.dirname(path.join(overlay, CUSTOMER)), { recursive: true });
      await writeFile(path.join(overlay, CUSTOMER), JSON.stringify(mapping));
      const args = [...PREVIEW, "--model", "res.partner", "--id", String(await company("Changed mapping"))];
      expect((await hub(...args)).err).toBe("");
      const { err } = await hubWith({ HUB_MAPPINGS_DIRS: `${shipped},${overlay}` }, ...args);
      expect(err).toContain("not read: barcode.");
    } finally {
      await rm(overlay, { recursive: true });
    }
  });

  it("says in words what cannot be read", async () => {
    const partner = await odoo.create("res.partner", { name: `Gone ${randomUUID()}` });
    await odoo.unlink("res.partner", [partner]);
    const refusal = async (...args: string[]): Promise<string> => (await hub(...PREVIEW, ...args)).err;
    expect(await refusal("--model", "res.partner", "--id", String(partner))).toContain(
      `There is no record res.partner,${partner} in this database`,
    );
    expect(await refusal("--model", "crm.lead", "--id", "1", "--object", "customer")).toContain(
      "“customer” is made from res.partner, not from crm.lead",
    );
    expect(await refusal("--model", "res.country", "--id", "1")).toContain("No mapping takes res.country to hubspot");
  });
});

describe("hub replay (RES-04)", () => {
  const queued = (out: string): number[] => out.split("\n").filter(Boolean).map(Number);

  it("reads the record again for a service user that is no operator, and says in the attempts who asked (SEC-01)", async () => {
    const id = await company("Reread");
    const [old] = await exchanges.of("res.partner", [id]);
    const { code, out, err } = await hub("replay", "--delivery", String(old?.id), "--reread", "--force");
    expect({ code, err: err.trim(), queued: queued(out) }).toEqual({
      code: 0,
      err: "1 found, 1 queued",
      queued: [old?.id],
    });
    const deliveries = await exchanges.settled("res.partner", [id], 2);
    expect(deliveries.map((delivery) => delivery.state)).toEqual(["delivered", "delivered"]);
    expect(deliveries[1]?.external_id).toBe(old?.external_id);
    const decisions = await odoo.read<{ worker: string; user_id: unknown }>(
      "integration.attempt",
      [
        ["delivery_id", "=", old?.id],
        ["outcome", "=", "read_again"],
      ],
      ["worker", "user_id"],
    );
    expect(decisions).toMatchObject([{ worker: `hub replay (${userInfo().username})`, user_id: false }]);
    const [user] = await odoo.read<{ all_group_ids: number[] }>(
      "res.users",
      [["login", "=", stack.odoo.serviceLogin]],
      ["all_group_ids"],
    );
    expect(user?.all_group_ids).not.toContain(await odoo.ref("integration_hub.group_operator"));
  });

  it("sends nothing that the vendor holds already when a reread finds nothing new, unless forced", async () => {
    const id = await company("Unchanged");
    const [old] = await exchanges.of("res.partner", [id]);
    const about = async (): Promise<unknown[]> =>
      (await sandbox.journal("hubspot")).filter((entry) => entry.key === `res.partner,${id}`);
    const sent = await about();
    expect(sent.length).toBeGreaterThan(0);
    await hub("replay", "--delivery", String(old?.id), "--reread");
    await exchanges.settled("res.partner", [id], 2);
    expect(await about()).toHaveLength(sent.length);
    await hub("replay", "--delivery", String(old?.id), "--reread", "--force");
    await exchanges.settled("res.partner", [id], 3);
    expect((await about()).length).toBeGreaterThan(sent.length);
  });

  it("counts in a dry run and queues nothing", async () => {
    const since = new Date().toISOString();
    const ids = [await company("Dry run"), await company("Dry run too")];
    const filter = ["--system", "hubspot", "--event-type", "customer.changed", "--since", since];
    const { code, out, err } = await hub("replay", ...filter, "--reread", "--dry-run");
    expect({ code, out, err: err.trim() }).toEqual({ code: 0, out: "", err: "2 would be looked at, 0 queued" });
    expect(await exchanges.of("res.partner", ids)).toHaveLength(2);
  });

  it("is the same over the admin API, which leaves out what is gone", async () => {
    const [kept, gone] = [await company("Kept"), await company("Gone")];
    const [keptDelivery] = await exchanges.of("res.partner", [kept]);
    const [goneDelivery] = await exchanges.of("res.partner", [gone]);
    await odoo.unlink("res.partner", [gone]);
    const deliveries = [goneDelivery?.id, keptDelivery?.id];
    const answer = await request(`${stack.sidecar.url}/v1/replay`, {
      method: "POST",
      headers: { authorization: `Bearer ${stack.sidecar.adminToken}`, "content-type": "application/json" },
      body: JSON.stringify({ deliveries, reread: true }),
    });
    expect(await answer.body.json()).toEqual({ found: 2, queued: [keptDelivery?.id] });
    await exchanges.settled("res.partner", [kept], 2);
  });
});

/** Properties with a value: an empty text clears one, which then is not there. */
function filled(properties: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== ""));
}

async function setPaused(paused: boolean): Promise<void> {
  const answer = await request(`${stack.sidecar.url}/v1/systems/hubspot/${paused ? "pause" : "resume"}`, {
    method: "POST",
    headers: { authorization: `Bearer ${stack.sidecar.adminToken}`, "content-type": "application/json" },
    body: JSON.stringify(paused ? { reason: "A test looks at records before they are sent." } : {}),
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(200);
}
