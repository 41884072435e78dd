import { randomUUID } from "node:crypto";
import { OdooApi } from "../../support/odoo-api";
import { SandboxControl } from "../../support/sandbox-control";
import { installStarterRules } from "../../support/starter-rules";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);
let odoo: OdooApi;
let exchanges: Exchanges;

beforeAll(async () => {
  odoo = await OdooApi.signIn(stack);
  await installStarterRules(odoo);
  exchanges = new Exchanges(odoo);
});

describe("a contact whose company the CRM has never seen", () => {
  it("has the company sent first, by itself, and is attached to it", async () => {
    // Older than the rules: the company was made while nothing was captured.
    const rules = await odoo.search("integration.rule", [["code", "=", "customer_changed"]]);
    await odoo.write("integration.rule", rules, { active: false });
    const name = `Old client ${randomUUID()}`;
    const company = await odoo.create("res.partner", { name, is_company: true });
    await odoo.write("integration.rule", rules, { active: true });
    expect(await exchanges.of("res.partner", [company])).toEqual([]);

    const email = `${randomUUID()}@example.com`;
    const contact = await odoo.create("res.partner", { name: "Dorothy Vaughan", email, parent_id: company });
    expect(await exchanges.settled("res.partner", [contact])).toMatchObject([{ state: "delivered" }]);
    expect(await exchanges.of("res.partner", [company])).toMatchObject([{ state: "delivered" }]);

    const remote = await sandbox.records("hubspot", "company");
    expect(remote.filter((record) => JSON.stringify(record).includes(name))).toHaveLength(1);
  });
});

describe("a project with its tasks, created in one go", () => {
  it("arrives in the PSA with each task in the project and in its stage's section", async () => {
    const tag = randomUUID().slice(0, 8);
    const stages = ["Briefing", "Doing"].map((name, sequence) => [0, 0, { name: `${name} ${tag}`, sequence }]);
    const tasks = ["Interview", "Workshop"].map((name) => [0, 0, { name: `${name} ${tag}` }]);
    const project = await odoo.create("project.project", { name: `Project ${tag}`, type_ids: stages, task_ids: tasks });
    const taskIds = await odoo.search("project.task", [["project_id", "=", project]]);
    const states = (await exchanges.settled("project.task", taskIds, 2, "asana")).map((delivery) => delivery.state);
    expect(states).toEqual(["delivered", "delivered"]);
    expect(await exchanges.settled("project.project", [project], 1, "asana")).toMatchObject([{ state: "delivered" }]);

    const remote = (await sandbox.records("asana", "task")).filter((record) => JSON.stringify(record).includes(tag));
    expect(remote).toHaveLength(2);
    const sections = (await sandbox.records("asana", "section")).filter((record) =>
      JSON.stringify(record).includes(tag),
    );
    expect(sections.length).toBeGreaterThanOrEqual(1);
  });
});
