import { input } from "../unit/connectors/connect";
import { startContractRun, type ContractRun } from "./contract-run";
import { specification } from "./prism";

const spec = specification("hr-bamboohr");
const describeWithSpec = spec === null ? describe.skip : describe;

describeWithSpec(
  "BambooHR's own specification accepts us (INT-06; skipped where the specifications are not there)",
  () => {
    let run: ContractRun;
    let employee: string;

    beforeAll(async () => {
      run = await startContractRun("bamboohr", spec ?? "");
    });
    afterAll(() => run.stop());

    const document = (values: object = {}) => ({
      firstName: "Ava",
      lastName: "Nguyen",
      workEmail: "ava@example.com",
      hireDate: "2026-01-05",
      status: "Active",
      ...values,
    });

    it("checks the credentials", async () => {
      await expect(run.connector.check()).resolves.toBeUndefined();
    });

    it("creates an employee and reads the id from the Location header", async () => {
      const result = await run.deliver(input({ key: "hr.employee,1", type: "employee", document: document() }));
      expect(result).toMatchObject({ ok: true, created: true });
      employee = result.ok ? result.externalId : "";
      expect(employee).toMatch(/^\d+$/);
    });

    it("finds the employee by e-mail, confirms the reference, and updates", async () => {
      const one = input({ key: "hr.employee,1", type: "employee", document: document({ jobTitle: "Analyst" }) });
      expect(await run.deliver(one)).toMatchObject({ ok: true, created: false, externalId: employee });
    });

    it("does not take a namesake for the employee", async () => {
      const one = input({
        key: "hr.employee,2",
        type: "employee",
        document: document({ workEmail: "other.ava@example.com" }),
      });
      const result = await run.deliver(one);
      expect(result).toMatchObject({ ok: true, created: true });
      expect(result.ok && result.externalId).not.toBe(employee);
    });

    it("finds an employee of a lost answer even when name and e-mail changed since (RES-05)", async () => {
      const document = { firstName: "Ada", lastName: "Lovelace", workEmail: "ada@example.com" };
      const verify = { verify: true, lastAttemptAt: new Date(Date.now() - 60_000) };
      const one = input({ key: "hr.employee,1", type: "employee", document, ...verify });
      expect(await run.deliver(one)).toMatchObject({ ok: true, created: false, externalId: employee });
    });

    it("is told by a lawful answer that a value is wrong", async () => {
      const one = input({
        key: "hr.employee,3",
        type: "employee",
        document: { ...document({ status: "Perhaps" }), workEmail: "x@example.com" },
      });
      expect(await run.deliver(one)).toMatchObject({
        ok: false,
        failure: { kind: "data", code: "invalid_value", field: "status" },
      });
    });

    it("is told by a lawful answer that an employee is gone", async () => {
      const one = input({ key: "hr.employee,4", type: "employee", document: document(), externalId: "999" });
      expect(await run.deliver(one)).toMatchObject({ ok: false, failure: { code: "deleted_at_vendor" } });
    });

    it("reads an employee as it comes in, and lists who changed", async () => {
      const found = await run.fetch("employee", employee);
      expect(found?.record).toMatchObject({ workEmail: expect.stringContaining("@") as string, status: "Active" });
      expect(await run.listed("employee")).toContain(employee);
      expect(await run.fetch("employee", "999")).toBeNull();
    });

    it("reads time off by its id and lists what was decided", async () => {
      const timeOff = run.sandbox.store.table("bamboohr", "time_off");
      const days = { start: "2026-12-21", end: "2026-12-24", days: 4, type: "Vacation" };
      const asked = timeOff?.insert({ employeeId: 101, status: "requested", ...days });
      const approved = timeOff?.insert({ employeeId: 101, status: "approved", ...days });
      expect(await run.fetch("time_off", approved?.id ?? "")).toMatchObject({
        id: approved?.id,
        record: { employeeId: 101, status: { status: "approved" }, start: "2026-12-21" },
      });
      expect(await run.listed("time_off")).toEqual([approved?.id]);
      expect(await run.fetch("time_off", asked?.id ?? "")).not.toBeNull();
      expect(await run.fetch("time_off", "999")).toBeNull();
    });

    it("has sent every request of the definition", () => {
      expect(run.unproved()).toEqual([]);
    });

    it("would have noticed a wrong answer of the sandbox", async () => {
      const fault = { kind: "status", status: 200, body: { employees: {} } } as const;
      run.sandbox.faults.add({ system: "bamboohr", match: { path: "/api/v1/employees/changed" }, fault, times: 1 });
      const answer = await fetch(`${run.url}/api/v1/employees/changed?since=2026-01-01T00:00:00Z`, {
        headers: { authorization: `Basic ${Buffer.from("demo:x").toString("base64")}`, accept: "application/json" },
      });
      expect(answer.headers.get("content-type")).toContain("problem+json");
      expect(answer.status).toBe(500);
    });

    it.each([
      ["/api/v1/employees", { firstName: "Ava" }],
      ["/api/v1/employees/101", { firstName: 7 }],
    ])("would have noticed a wrong POST %s", async (path, document) => {
      const authorization = `Basic ${Buffer.from("demo:x").toString("base64")}`;
      const headers = { authorization, "content-type": "application/json", accept: "application/json" };
      const answer = await fetch(`${run.url}${path}`, { method: "POST", headers, body: JSON.stringify(document) });
      expect(answer.headers.get("content-type")).toContain("problem+json");
      expect(answer.status).toBe(422);
    });
  },
);
