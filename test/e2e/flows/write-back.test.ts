import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { up } from "../../stack/up";
import { OdooApi } from "../../support/odoo-api";
import { SidecarProcess } from "../../support/sidecar-process";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const SHIPPED = path.resolve(__dirname, "../../../mappings");
const CUSTOMER = path.join("systems", "hubspot", "mappings", "customer.json");

const stack = e2eStack();
let odoo: OdooApi;
let exchanges: Exchanges;
let overlay: string;
let sidecar: SidecarProcess;

/** An administrator's own folder over the shipped one: the customer's HubSpot id is kept in the partner's reference. */
beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
  overlay = await mkdtemp(path.join(tmpdir(), "hub-overlay-"));
  const mapping = JSON.parse(await readFile(path.join(SHIPPED, CUSTOMER), "utf8")) as Record<string, unknown>;
  mapping["version"] = 2;
  mapping["writeBack"] = [{ to: "ref", from: "externalId" }];
  await mkdir(path.dirname(path.join(overlay, CUSTOMER)), { recursive: true });
  await writeFile(path.join(overlay, CUSTOMER), JSON.stringify(mapping));
  await up({ name: stack.name, withSidecar: false });
  sidecar = await SidecarProcess.start(stack, (config) => {
    config["mappings"] = { dirs: [SHIPPED, overlay] };
  });
}, 120_000);

afterAll(async () => {
  await mayWriteContacts(false);
  await sidecar?.stop();
  await up({ name: stack.name, withSidecar: true });
  await rm(overlay, { recursive: true, force: true });
}, 120_000);

describe("a mapping that asks for the external id in Odoo", () => {
  const reference = async (id: number): Promise<string | false | undefined> => {
    const [partner] = await odoo.read<{ ref: string | false }>("res.partner", [["id", "=", id]], ["ref"]);
    return partner?.ref;
  };

  it("is held, with the field and the reason, while the sidecar's user may not write there (SEC-01)", async () => {
    await mayWriteContacts(false);
    const company = await odoo.create("res.partner", { name: `Refused ${randomUUID()}`, is_company: true });
    const [delivery] = await exchanges.settled("res.partner", [company]);
    expect(delivery).toMatchObject({ state: "held", error_kind: "business", error_field: "ref" });
    expect(delivery?.error_message).toMatch(/The target holds the record.*not allowed to modify/);

    await mayWriteContacts(true);
    await odoo.call("integration.delivery", "action_retry", [[delivery?.id]]);
    await exchanges.until("the retry to succeed", "res.partner", [company], "hubspot", (all) =>
      all.every((d) => d.state === "delivered"),
    );
    expect(await reference(company)).toBe(delivery?.external_id);
  });

  it("has it on the record, and no change goes back to the system it came from (OWN-03)", async () => {
    await mayWriteContacts(true);
    const company = await odoo.create("res.partner", { name: `Written back ${randomUUID()}`, is_company: true });
    const [delivery] = await exchanges.settled("res.partner", [company]);
    expect(delivery).toMatchObject({ state: "delivered" });
    expect(await reference(company)).toBe(delivery?.external_id);

    // A change by a person still goes out, and the write-back that has nothing new to say stays silent.
    await odoo.write("res.partner", [company], { phone: "+32 2 111 22 33" });
    const deliveries = await exchanges.settled("res.partner", [company], 2);
    expect(deliveries.map((d) => d.state)).toEqual(["delivered", "delivered"]);
  });

  it("says on the attempt which version of the mapping was used (MAP-12)", async () => {
    const company = await odoo.create("res.partner", { name: `Versioned ${randomUUID()}`, is_company: true });
    const [delivery] = await exchanges.settled("res.partner", [company]);
    const attempts = await odoo.read<{ mapping: string | false }>(
      "integration.attempt",
      [["delivery_id", "=", delivery?.id]],
      ["mapping"],
    );
    expect(attempts.map((attempt) => attempt.mapping)).toContain("customer@1 > hubspot.company@2");
  });
});

/** The right to write contacts, which an administrator gives the sidecar's user when a mapping writes there. */
async function mayWriteContacts(allowed: boolean): Promise<void> {
  const users = await odoo.search("res.users", [["login", "=", stack.odoo.serviceLogin]]);
  await odoo.write("res.users", users, {
    group_ids: [[allowed ? 4 : 3, await odoo.ref("base.group_partner_manager")]],
  });
}
