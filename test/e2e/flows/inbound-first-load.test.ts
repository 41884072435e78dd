import { randomUUID } from "node:crypto";
import { spawn } from "node:child_process";
import path from "node:path";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { hirePerson } from "../../support/people";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";
import { InboundVendor } from "../support/inbound";

const HUB = path.resolve(__dirname, "../../../sidecar/bin/hub.js");
const LOAD = ["load", "--system", "hubspot", "--object", "customer"];
/** More than one page of HubSpot's list. */
const MANY = 105;

/** The program as an administrator runs it. `until`: killed, as by a crash, when its output matches. */
async function hub(args: string[], until?: RegExp): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [HUB, "--config", e2eStack().sidecar.configFile, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (part) => (out += String(part)));
  child.stderr.on("data", (part) => {
    err += String(part);
    if (until?.test(err)) child.kill("SIGKILL");
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out, err };
}

/** Records that were there before anybody told of them, and changes of which no webhook told (MIG-06, REC-04, INT-05). */
describe("HubSpot's companies without a webhook", () => {
  let hubspot: InboundVendor;
  const tag = randomUUID().slice(0, 8);
  const named = (name: string): string => `${name} ${tag}`;
  const partners = async (): Promise<number[]> =>
    await hubspot.odoo.search("res.partner", [["name", "like", `% ${tag}`]]);

  beforeAll(async () => {
    hubspot = await InboundVendor.open("hubspot");
    // From here on nothing is told.
    await hubspot.close();
  }, 90_000);

  it("are matched, created or held by a first load, once, although it is killed on its way", async () => {
    const rules = await hubspot.odoo.search("integration.rule", [["active", "=", true]]);
    await hubspot.odoo.write("integration.rule", rules, { active: false });
    const known = await hubspot.odoo.create("res.partner", {
      name: named("Known"),
      is_company: true,
      website: `https://known-${tag}.example`,
    });
    const alike = await hubspot.odoo.create("res.partner", { name: named("Alike"), is_company: true });
    await hubspot.odoo.write("integration.rule", rules, { active: true });
    const matched = await hubspot.add("company", { name: named("Known"), website: `known-${tag}.example` });
    const held = await hubspot.add("company", { name: named("Alike"), domain: `alike-${tag}.example` });
    const fresh: string[] = [];
    for (let at = 0; at < MANY; at += 1) fresh.push(await hubspot.add("company", { name: named(`Fresh ${at}`) }));

    const notices = await hubspot.notices();
    const dry = await hub([...LOAD, "--dry-run"]);
    expect(dry).toMatchObject({
      code: 0,
      out: expect.stringMatching(/matched +[1-9][\s\S]*possible_duplicate/) as string,
    });
    expect(Number(/created +(\d+)/.exec(dry.out)?.[1])).toBeGreaterThanOrEqual(MANY);
    expect(await partners()).toHaveLength(2);
    expect(await hubspot.notices()).toBe(notices);

    expect(await hub(LOAD, /[1-9]\d* listed/)).toMatchObject({ code: null });
    const load = await hub(LOAD);
    expect(load).toMatchObject({ code: 0, out: expect.stringMatching(/matched +[1-9][\s\S]*held +[1-9]/) as string });
    expect(load.err).toContain("goes on");
    expect(await hubspot.linked("company", matched)).toBe(known);
    expect(await hubspot.rows("company", held)).toMatchObject([{ state: "held", error_code: "possible_duplicate" }]);
    expect(await hubspot.linked("company", held)).toBeUndefined();
    const linked = await hubspot.odoo.read<{ res_id: number }>(
      "integration.link",
      [
        ["system_id.code", "=", "hubspot"],
        ["external_type", "=", "company"],
        ["external_id", "in", fresh],
      ],
      ["res_id"],
    );
    const made = linked.map((link) => link.res_id);
    expect(made).toHaveLength(MANY);
    expect((await partners()).sort()).toEqual([known, alike, ...made].sort());

    const again = await hub(LOAD);
    expect(again).toMatchObject({ code: 0, out: expect.not.stringMatching(/created|matched/) as string });
    expect(await partners()).toHaveLength(2 + MANY);
  }, 300_000);

  it("are tried out, loaded and reported from the system's form in Odoo, by the sidecar that serves", async () => {
    const added = await hubspot.add("company", { name: named("From the form") });
    const administrator = await hirePerson(e2eStack(), hubspot.odoo, "administrator");
    const browser = await launchBrowser();
    try {
      const screen = await OdooWindow.open(browser, administrator.api);
      const [system = 0] = await hubspot.odoo.search("integration.system", [["code", "=", "hubspot"]]);
      await screen.goTo(`integration-systems/${system}`);
      await screen.page.getByRole("button", { name: "First load…" }).click();
      const dialog = screen.page.locator(".modal");
      const row = dialog.locator(".o_data_row", { hasText: "Customer" });
      await row.waitFor();
      expect(await row.getByRole("button", { name: "Start" }).count()).toBe(0);
      const told = async (column: "dry" | "load", text: RegExp): Promise<void> => {
        const until = async (): Promise<boolean> => {
          await dialog.getByRole("button", { name: "Refresh" }).click();
          await screen.viewStands();
          const state = await row.locator(`td[name=${column}_state]`).innerText();
          return state === "Done" && text.test(await row.locator(`td[name=${column}_text]`).innerText());
        };
        await waitFor(`the ${column} to be told of`, until, { timeoutMs: 90_000, everyMs: 500 });
      };
      await row.getByRole("button", { name: "Try out" }).click();
      await told("dry", /[1-9]\d* created/);
      expect(await hubspot.linked("company", added)).toBeUndefined();
      await row.getByRole("button", { name: "Start" }).click();
      await told("load", /[1-9]\d* created.*the same as here/);
      expect(await hubspot.linked("company", added)).toBeDefined();
      const picture = process.env["SCREENSHOT"];
      if (picture) await screen.page.screenshot({ path: picture });
      expect(await screen.takeProblems()).toEqual([]);
    } finally {
      await browser.close();
      await administrator.remove();
    }
  }, 240_000);

  it("arrive when a look finds what a lost webhook would have told, and are archived when they are gone", async () => {
    const id = await hubspot.add("company", { name: named("Untold") });
    expect((await hub(["poll", "--system", "hubspot", "--sweep"])).code).toBe(0);
    const partner = await hubspot.arrived("company", id);
    await hubspot.change("company", id, { phone: "+32 2 555 09 09" });
    const look = await hub(["poll", "--system", "hubspot", "--object", "customer"]);
    expect(look).toMatchObject({ code: 0, out: expect.stringMatching(/company +[1-9]\d* +[1-9]/) as string });
    await waitFor("the change to arrive", async () => {
      const { phone } = await hubspot.read("res.partner", partner, ["phone"]);
      return phone === "+32 2 555 09 09";
    });
    await hubspot.remove("company", id);
    await hub(["poll", "--system", "hubspot", "--object", "customer", "--sweep"]);
    await waitFor("the company to be archived", async () => {
      const { active } = await hubspot.read("res.partner", partner, ["active"]);
      return active === false;
    });
  }, 180_000);
});
