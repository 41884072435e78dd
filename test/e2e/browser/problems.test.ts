import { randomUUID } from "node:crypto";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { up } from "../../stack/up";
import { launchBrowser, OdooWindow } from "../../support/browser";
import { OdooApi } from "../../support/odoo-api";
import { hirePerson, type Person } from "../../support/people";
import { SandboxControl } from "../../support/sandbox-control";
import { SidecarProcess } from "../../support/sidecar-process";
import { installStarterRules } from "../../support/starter-rules";
import { waitFor } from "../../support/wait-for";
import { e2eStack } from "../support/e2e-stack";
import { Exchanges } from "../support/exchanges";

const SHIPPED = path.resolve(__dirname, "../../../mappings");
const QUEUES = {
  technical: "Technical",
  credential: "Credentials",
  data: "Data",
  business: "Business rules",
  policy: "Policy",
  unknown: "Outcome unknown",
} as const;
type Kind = keyof typeof QUEUES;

interface Problem {
  id: number;
  kind: Kind;
  state: "open" | "closed";
  message: string;
  hint: string;
  delivery_count: number;
  user_id: [number, string] | false;
  activity_ids: number[];
  close_reason: string | false;
}
const FIELDS: (keyof Problem)[] = [
  "id",
  "kind",
  "state",
  "message",
  "hint",
  "delivery_count",
  "user_id",
  "activity_ids",
  "close_reason",
];

const stack = e2eStack();
const sandbox = new SandboxControl(stack.sandbox.url);

/**
 * Every kind of failure, made by real faults on the way through Odoo, the queue, a sidecar and a vendor: each reaches its
 * owner once, in words, and ends by itself (D5, OBS-03, OBS-04, RES-03, RES-11, GOV-08).
 */
describe("what needs a person", () => {
  const policies: number[] = [];
  const owners = {} as Record<Kind, Person>;
  let admin: OdooApi;
  let exchanges: Exchanges;
  let operator: Person;
  let browser: Browser;
  let odoo: OdooWindow;
  let overlay: string;
  let sidecar: SidecarProcess;

  beforeAll(async () => {
    admin = await OdooApi.signIn(stack);
    await installStarterRules(admin);
    exchanges = new Exchanges(admin);
    // A system that offers no way to look a record up.
    overlay = await mkdtemp(path.join(tmpdir(), "hub-overlay-"));
    const folder = path.join("systems", "bamboohr");
    await cp(path.join(SHIPPED, folder), path.join(overlay, folder), { recursive: true });
    const file = path.join(overlay, folder, "connector.json");
    const connector = JSON.parse(await readFile(file, "utf8")) as {
      objects: { employee: { find?: unknown; create: { whenUnknown?: string } } };
    };
    delete connector.objects.employee.find;
    connector.objects.employee.create.whenUnknown = "ask";
    await writeFile(file, JSON.stringify(connector));
    await up({ name: stack.name, withSidecar: false });
    sidecar = await SidecarProcess.start(stack, (config) => {
      config["mappings"] = { dirs: [SHIPPED, overlay] };
    });
    for (const kind of Object.keys(QUEUES) as Kind[]) {
      owners[kind] = await hirePerson(stack, admin, "viewer");
      policies.push(
        await admin.create("integration.exception.policy", {
          name: `Of the test, ${kind}`,
          kind,
          sequence: 1,
          tell: "user",
          user_id: owners[kind].api.uid,
        }),
      );
    }
    operator = await hirePerson(stack, admin, "operator");
    browser = await launchBrowser();
    odoo = await OdooWindow.open(browser, operator.api);
  }, 240_000);

  afterEach(async () => {
    expect(await odoo.takeProblems()).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    await sandbox.heal();
    await sandbox.accept("asana", null);
    if (policies.length > 0) await admin.unlink("integration.exception.policy", policies);
    const [hubspot = 0] = await admin.search("integration.system", [["code", "=", "hubspot"]]);
    await admin.write("integration.system", [hubspot], { max_attempts: 12 });
    for (const person of [...Object.values(owners), operator]) await person?.remove();
    await sidecar?.stop();
    await up({ name: stack.name, withSidecar: true });
    await rm(overlay, { recursive: true, force: true });
  }, 120_000);

  const employees = async (names: string[]): Promise<number[]> =>
    await admin.call<number[]>("hr.employee", "create", [
      names.map((name) => ({ name, work_email: `${randomUUID()}@example.com` })),
    ]);

  /** Those of the test: other files leave problems behind, which are other people's. */
  const open = async (kind: Kind): Promise<Problem[]> =>
    await admin.read<Problem>(
      "integration.problem",
      [
        ["kind", "=", kind],
        ["state", "=", "open"],
        ["user_id", "=", owners[kind].api.uid],
      ],
      FIELDS,
    );

  /** The one open problem of a kind once `count` deliveries stand still for it. */
  const problemOf = async (kind: Kind, count: number): Promise<Problem> => {
    let problems: Problem[] = [];
    await waitFor(
      `one problem of kind ${kind} with ${count} deliveries`,
      async () => {
        problems = await open(kind);
        return problems.length === 1 && problems[0]?.delivery_count === count;
      },
      { timeoutMs: 40_000 },
    ).catch((error: Error) => {
      throw new Error(`${error.message}; there are ${JSON.stringify(problems)}`);
    });
    return problems[0] as Problem;
  };

  const closes = async (problem: Problem, timeoutMs = 40_000): Promise<void> => {
    await waitFor(
      `the problem “${problem.message}” to close`,
      async () => {
        const [now] = await admin.read<Problem>("integration.problem", [["id", "=", problem.id]], ["state"]);
        return now?.state === "closed";
      },
      { timeoutMs },
    );
    expect(await activitiesOf(problem)).toEqual([]);
  };

  const activitiesOf = async (
    problem: Problem,
  ): Promise<{ user_id: [number, string]; summary: string; note: string }[]> =>
    await admin.call("mail.activity", "search_read", [
      [
        ["res_model", "=", "integration.problem"],
        ["res_id", "=", problem.id],
      ],
      ["user_id", "summary", "note"],
    ]);

  /** In its own queue, with its owner, and told once: in the list of its kind and in the owner's activities. */
  const reachesItsOwner = async (problem: Problem, words: RegExp): Promise<void> => {
    const owner = owners[problem.kind];
    expect(problem.user_id).toEqual([owner.api.uid, owner.name]);
    const activities = await activitiesOf(problem);
    expect(activities).toHaveLength(1);
    expect(activities[0]?.user_id[0]).toBe(owner.api.uid);
    expect(activities[0]?.note).toMatch(words);
    expect(activities[0]?.note).toContain("What to do:");

    await odoo.goTo("integration-deliveries");
    await odoo.menu("Needs attention", QUEUES[problem.kind]);
    const title = odoo.page.locator(".o_breadcrumb", { hasText: QUEUES[problem.kind] });
    await title.waitFor();
    await odoo.viewStands();
    const rows = odoo.page.locator(".o_data_row", { hasText: owner.name });
    await rows.first().waitFor();
    expect(await rows.count()).toBe(1);
    expect(await rows.innerText()).toMatch(words);
    await screenshot(`list-${problem.kind}`);
    await rows.locator(".o_data_cell").first().click();
    await odoo.page.locator(".o_form_view").waitFor();
    await odoo.viewStands();
    await screenshot(`form-${problem.kind}`);
  };

  const screenshot = async (name: string): Promise<void> => {
    const folder = process.env["HUB_SCREENSHOTS"];
    if (folder) await odoo.page.screenshot({ path: path.join(folder, `${name}.png`) });
  };

  const press = async (name: string): Promise<void> => {
    await odoo.page.locator(".o_statusbar_buttons").getByRole("button", { name, exact: true }).click();
  };

  test("data: three employees without a family name are one problem, which ends when they are corrected", async () => {
    const ids = await employees(["Prince", "Cher", "Adele"]);
    const problem = await problemOf("data", 3);
    await reachesItsOwner(problem, /givenName|name/i);
    await press("Read again and send all");
    await odoo.page.locator(".o_notification", { hasText: "Read again and queued: 3" }).waitFor();
    // Nothing was corrected, so that it fails again and stays one problem.
    await exchanges.settled("hr.employee", ids, 6, "bamboohr");
    await problemOf("data", 3);
    await admin.write("hr.employee", ids, { name: "Prince Nelson" });
    await exchanges.until("the corrected employees to arrive", "hr.employee", ids, "bamboohr", (all) =>
      ids.every((id) => all.some((d) => d.res_id === id && d.state === "delivered")),
    );
    const last = (await open("data"))[0];
    if (last) await closes(last);
  }, 180_000);

  test("policy: deleting two employees there is for a person to decide, and Cancel all ends it with the reason", async () => {
    const ids = await employees(["Grace Hopper", "Jean Bartik"]);
    await exchanges.settled("hr.employee", ids, 2, "bamboohr");
    await admin.unlink("hr.employee", ids);
    const problem = await problemOf("policy", 2);
    await reachesItsOwner(problem, /deletes nobody/);
    await press("Cancel all…");
    const dialog = odoo.page.locator(".modal");
    await dialog.getByPlaceholder("Why should these not be sent?").fill("They were ended there by hand");
    await screenshot("cancel-all");
    await dialog.getByRole("button", { name: "Cancel all of them" }).click();
    await closes(problem);
    const states = (await exchanges.of("hr.employee", ids, "bamboohr")).filter((d) => d.operation === "unlink");
    expect(states.map((d) => d.state)).toEqual(["cancelled", "cancelled"]);
  }, 180_000);

  test("unknown: a person says “it is there” with its ID, or “it is not there”; nothing is made twice", async () => {
    await sandbox.fail({
      system: "bamboohr",
      match: { method: "POST" },
      fault: { kind: "reset_after_apply" },
      times: 1,
    });
    const [there = 0] = await employees(["Mary Jackson"]);
    await problemOf("unknown", 1);
    // Answers an error without having taken it: to the sidecar that is the same.
    await sandbox.fail({
      system: "bamboohr",
      match: { method: "POST" },
      fault: { kind: "status", status: 500 },
      times: 1,
    });
    const [absent = 0] = await employees(["Katherine Johnson"]);
    const problem = await problemOf("unknown", 2);
    await reachesItsOwner(problem, /no way to look it up/);

    const delivery = async (id: number): Promise<number> =>
      (await exchanges.of("hr.employee", [id], "bamboohr"))[0]?.id ?? 0;
    const remote = async (name: string): Promise<string[]> =>
      (await sandbox.records("bamboohr", "employee"))
        .filter((record) => JSON.stringify(record).includes(`"${name}"`))
        .map((record) => String(record["id"]));
    const [id = ""] = await remote("Mary");

    await odoo.goTo(`integration-deliveries/${await delivery(there)}`);
    expect(await odoo.headerButtons()).toEqual(["It is there: link it", "It is not there: send it", "Cancel…"]);
    await screenshot("choice");
    await press("It is there: link it");
    const dialog = odoo.page.locator(".modal");
    await dialog.locator("[name=external_id] input").fill(id);
    await screenshot("choice-link");
    await dialog.getByRole("button", { name: "Link it" }).click();
    await odoo.page.locator(".o_notification", { hasText: "Linked" }).waitFor();
    expect(await exchanges.of("hr.employee", [there], "bamboohr")).toMatchObject([
      { state: "delivered", external_id: id },
    ]);

    await odoo.goTo(`integration-deliveries/${await delivery(absent)}`);
    await press("It is not there: send it");
    await odoo.page.locator(".modal").getByRole("button", { name: "Ok" }).click();
    await exchanges.until(
      "the other to be sent",
      "hr.employee",
      [absent],
      "bamboohr",
      ([one]) => one?.state === "delivered",
    );
    await closes(problem);
    expect([await remote("Mary"), await remote("Katherine")].map((ids) => ids.length)).toEqual([1, 1]);
  }, 180_000);

  test("business: what the other system refuses by its rules goes with Retry all once that is settled", async () => {
    const refusal = { errors: [{ message: "Your plan allows no more projects." }] };
    await sandbox.fail({
      system: "asana",
      match: { method: "POST" },
      fault: { kind: "status", status: 402, body: refusal },
    });
    const ids = await admin.call<number[]>("project.project", "create", [
      [{ name: `Audit ${randomUUID()}` }, { name: `Rollout ${randomUUID()}` }],
    ]);
    const problem = await problemOf("business", 2);
    await reachesItsOwner(problem, /Your plan allows no more projects/);
    await sandbox.heal();
    await press("Retry all");
    await odoo.page.locator(".o_notification", { hasText: "Goes again: 2" }).waitFor();
    await closes(problem);
    await exchanges.until("both projects to arrive", "project.project", ids, "asana", (all) =>
      all.every((d) => d.state === "delivered"),
    );
  }, 180_000);

  test("credential: a revoked sign-in stops the system, is told once, and ends when it works again", async () => {
    await sandbox.accept("asana", ["another token"]);
    const ids = await admin.call<number[]>("project.project", "create", [
      [{ name: `Revoked ${randomUUID()}` }, { name: `Revoked too ${randomUUID()}` }],
    ]);
    const problem = await problemOf("credential", 2);
    await reachesItsOwner(problem, /refuses the sign-in/);
    await sandbox.accept("asana", null);
    // The sign-in is tried each minute.
    await closes(problem, 90_000);
    await exchanges.until("what waited to arrive", "project.project", ids, "asana", (all) =>
      all.every((d) => d.state === "delivered"),
    );
  }, 180_000);

  test("technical: what was given up is one problem, and goes with Retry all when the system is well", async () => {
    const [hubspot = 0] = await admin.search("integration.system", [["code", "=", "hubspot"]]);
    await admin.write("integration.system", [hubspot], { max_attempts: 1 });
    await sandbox.fail({ system: "hubspot", match: { method: "POST" }, fault: { kind: "status", status: 503 } });
    const ids = await admin.call<number[]>("res.partner", "create", [
      [1, 2, 3].map((n) => ({ name: `Down ${n} ${randomUUID()}`, is_company: true })),
    ]);
    const problem = await problemOf("technical", 3);
    await reachesItsOwner(problem, /HubSpot/);
    await sandbox.heal();
    await press("Retry all");
    await odoo.page.locator(".o_notification", { hasText: "Goes again: 3" }).waitFor();
    await closes(problem);
    await exchanges.until("all three to arrive", "res.partner", ids, "hubspot", (all) =>
      all.every((d) => d.state === "delivered"),
    );
  }, 180_000);

  test("an owner finds it among the activities that Odoo shows at the top, and is led to it", async () => {
    const [id = 0] = await employees(["Madonna"]);
    const problem = await problemOf("data", 1);
    const window = await OdooWindow.open(browser, owners.data.api);
    await window.goTo("integration-my-problems");
    await window.page.locator(".o_menu_systray button:has(i[aria-label=Activities])").click();
    const group = window.page.locator(".o-mail-ActivityGroup", { hasText: "Integration Problem" });
    await group.waitFor();
    const folder = process.env["HUB_SCREENSHOTS"];
    if (folder) await window.page.screenshot({ path: path.join(folder, "systray.png") });
    await group.click();
    await window.page.locator(".o_data_row, .o_form_view", { hasText: problem.message }).first().waitFor();
    expect(await window.takeProblems()).toEqual([]);
    await window.close();
    await admin.write("hr.employee", [id], { name: "Madonna Ciccone" });
    await closes(problem);
  }, 120_000);
});
