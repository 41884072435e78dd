import { WORKSPACE } from "../sandbox/vendors/clockify-answers";
import { input } from "../unit/connectors/connect";
import { startContractRun, type ContractRun } from "./contract-run";
import { specification } from "./prism";

const spec = specification("time-clockify");
const describeWithSpec = spec === null ? describe.skip : describe;

describeWithSpec(
  "Clockify's own specification accepts us (INT-06; skipped where the specifications are not there)",
  () => {
    let run: ContractRun;
    const ids: Record<string, string> = {};

    beforeAll(async () => {
      run = await startContractRun("clockify", spec ?? "");
      const add = (type: string, fields: object): string =>
        run.sandbox.store.table("clockify", type)?.insert({ ...fields }).id ?? "";
      ids["user"] = add("user", { email: "ava@example.com", name: "Ava Nguyen" });
      ids["project"] = add("project", { name: "Data platform", archived: false, public: true, billable: true });
      ids["category"] = add("category", { name: "Travel" });
      const timeInterval = { start: "2026-11-20T08:00:00Z", end: "2026-11-20T09:30:00Z" };
      const entry = { userId: ids["user"], projectId: ids["project"], timeInterval };
      ids["entry"] = add("time_entry", { ...entry, description: "Workshop", isLocked: true, approved: true });
      ids["open"] = add("time_entry", { ...entry, description: "Not approved" });
      const expense = { userId: ids["user"], projectId: ids["project"], categoryId: ids["category"], total: 24.2 };
      ids["expense"] = add("expense", { ...expense, date: "2026-11-20", notes: "Train", isLocked: true });
      ids["approval"] = add("approval", {
        state: "APPROVED",
        userId: ids["user"],
        userName: "Ava Nguyen",
        dateRange: { start: "2026-11-16T00:00:00Z", end: "2026-11-22T23:59:59Z" },
        entryIds: [ids["entry"]],
        expenseIds: [ids["expense"]],
      });
      // Prism compiles the vendor's schemas at their first use.
    }, 240_000);
    afterAll(() => run.stop());

    it("checks the credentials", async () => {
      await expect(run.connector.check()).resolves.toBeUndefined();
    });

    it("reads an approved entry, and takes one that is not approved for none", async () => {
      expect(await run.fetch("time_entry", ids["entry"] ?? "")).toMatchObject({
        id: ids["entry"],
        record: { userId: ids["user"], projectId: ids["project"], timeInterval: { duration: "PT1H30M" } },
      });
      expect(await run.fetch("time_entry", ids["open"] ?? "")).toBeNull();
      expect(await run.fetch("time_entry", "64c777ddd3fcab07cfbb210c")).toBeNull();
    });

    it("reads an expense with its category", async () => {
      const found = await run.fetch("expense", ids["expense"] ?? "");
      expect(found?.record).toMatchObject({ total: 24.2, category: { name: "Travel" } });
    });

    it("reads an approval request out of its list, and what it is about", async () => {
      const found = await run.fetch("approval", ids["approval"] ?? "");
      expect(found?.leadsTo).toEqual([
        { object: "time_entry", id: ids["entry"] },
        { object: "expense", id: ids["expense"] },
      ]);
      expect(await run.fetch("approval", "64c777ddd3fcab07cfbb210c")).toBeNull();
    });

    it("reads people and projects, and lists them with what was handed in for approval", async () => {
      expect(await run.fetch("user", ids["user"] ?? "")).toMatchObject({ record: { email: "ava@example.com" } });
      expect(await run.fetch("project", ids["project"] ?? "")).toMatchObject({ record: { name: "Data platform" } });
      expect(await run.listed("user")).toEqual([ids["user"]]);
      expect(await run.listed("project")).toEqual([ids["project"]]);
      expect(await run.listed("time_entry")).toEqual([ids["entry"]]);
      expect(await run.listed("expense")).toEqual([ids["expense"]]);
    });

    it("marks billed time as invoiced, and takes the mark back", async () => {
      const entry = { key: "account.analytic.line,70", type: "time_entry", externalId: ids["entry"] ?? "" };
      for (const invoiced of [true, false]) {
        const result = await run.deliver(input({ ...entry, document: { invoiced } }));
        expect(result).toMatchObject({ ok: true, externalId: ids["entry"] });
        expect(await run.fetch("time_entry", ids["entry"] ?? "")).toMatchObject({ record: { isLocked: true } });
      }
    });

    it("has sent every request of the definition", () => {
      expect(run.unproved()).toEqual([]);
    });

    it("would have noticed a wrong answer of the sandbox", async () => {
      const fault = { kind: "status", status: 200, body: { name: 7 } } as const;
      run.sandbox.faults.add({ system: "clockify", fault, times: 1 });
      const answer = await fetch(`${run.url}/v1/workspaces/${WORKSPACE}/projects/${ids["project"]}`, {
        headers: { "x-api-key": "demo", accept: "application/json" },
      });
      expect(answer.status).toBe(500);
    });
  },
);
