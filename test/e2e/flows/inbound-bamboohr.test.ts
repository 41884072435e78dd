import { randomUUID } from "node:crypto";
import { InboundVendor } from "../support/inbound";

interface Employee {
  id: number;
  name: string;
  active: boolean;
  job_title: string | false;
  department_id: [number, string] | false;
  parent_id: [number, string] | false;
  category_ids: number[];
  departure_date: string | false;
  create_uid: [number, string];
}

const EMPLOYEE = ["id", "name", "active", "job_title", "department_id", "parent_id", "category_ids"] as const;

/** People who are hired, change and leave in BambooHR are employees of Odoo (OBJ-16, DES-06). */
describe("BambooHR's people", () => {
  const tag = randomUUID().slice(0, 8);
  let bamboohr: InboundVendor;
  let costCentre: number;
  let boss: string;
  let anna: string;

  beforeAll(async () => {
    bamboohr = await InboundVendor.open("bamboohr");
    const { odoo } = bamboohr;
    await odoo.create("hr.department", { name: `Delivery ${tag}` });
    await odoo.create("hr.department", { name: `Sales ${tag}` });
    costCentre = await odoo.create("hr.employee.category", { name: `North ${tag}` });
    boss = await hire("Britt", { jobTitle: "Director" });
    anna = await hire("Anna", { jobTitle: "Consultant", supervisorEId: boss });
  }, 60_000);
  afterAll(async () => {
    await bamboohr?.close();
  }, 60_000);

  const hire = async (firstName: string, more: object): Promise<string> =>
    await bamboohr.add("employee", {
      firstName,
      lastName: `Berg-${tag}`,
      workEmail: `${firstName.toLowerCase()}-${tag}@example.com`,
      department: `Delivery ${tag}`,
      division: `North ${tag}`,
      employmentHistoryStatus: "Full-Time",
      hireDate: "2026-12-01",
      status: "Active",
      ...more,
    });

  const employee = async (external: string): Promise<Employee> => {
    const id = await bamboohr.arrived("employee", external);
    const fields = [...EMPLOYEE, "departure_date", "create_uid"] as const;
    const [found] = await bamboohr.odoo.read<Employee>("hr.employee", [["id", "=", id]], [...fields]);
    if (!found) throw new Error(`Odoo has no employee ${id}.`);
    return found;
  };

  /** Deliveries to BambooHR about an employee. */
  const told = async (id: number): Promise<{ state: string }[]> =>
    await bamboohr.odoo.read<{ state: string }>(
      "integration.delivery",
      [
        ["system_id.code", "=", "bamboohr"],
        ["direction", "=", "out"],
        ["model", "=", "hr.employee"],
        ["res_id", "=", id],
      ],
      ["state"],
    );

  it("are hired with department, manager and cost centre, and BambooHR is not told of what it said (OWN-03)", async () => {
    const [manager, person] = [await employee(boss), await employee(anna)];
    expect(person).toMatchObject({ name: `Anna Berg-${tag}`, active: true, job_title: "Consultant" });
    expect(person.department_id && person.department_id[1]).toBe(`Delivery ${tag}`);
    expect(person.parent_id && person.parent_id[0]).toBe(manager.id);
    expect(person.category_ids).toEqual([costCentre]);
    expect(person.create_uid[1]).toBe("Integration: bamboohr");
    expect(await told(person.id)).toEqual([]);
  });

  it("change job and department there, and a person's change in Odoo comes back as nothing new (OWN-03)", async () => {
    await bamboohr.change("employee", anna, { jobTitle: "Architect", department: `Sales ${tag}` });
    const person = await employee(anna);
    expect(person.job_title).toBe("Architect");
    expect(person.department_id && person.department_id[1]).toBe(`Sales ${tag}`);

    const rows = await bamboohr.rows("employee", anna);
    const notices = await bamboohr.notices("AND external_id = $2", [anna]);
    await bamboohr.odoo.write("hr.employee", [person.id], { work_phone: "+32 2 555 01 01" });
    await bamboohr.exchanges.until("BambooHR to be told", "hr.employee", [person.id], "bamboohr", (all) =>
      all.some(
        ({ direction, state, event_type: event }) =>
          direction === "out" && event === "employee.changed" && state === "delivered",
      ),
    );
    await bamboohr.caughtUp();
    const [stored] = (await bamboohr.sandbox.records("bamboohr", "employee")).filter(({ id }) => id === anna);
    expect(stored?.["fields"]).toMatchObject({ workPhone: "+32 2 555 01 01", jobTitle: "Architect" });
    expect(await bamboohr.notices("AND external_id = $2", [anna])).toBeGreaterThan(notices);
    expect(await bamboohr.rows("employee", anna)).toEqual(rows);
    expect(await told(person.id)).toEqual([{ id: expect.any(Number) as number, state: "delivered" }]);
  });

  it("are away when their time off is approved (OBJ-16)", async () => {
    const person = await employee(anna);
    const days = { start: "2027-02-01", end: "2027-02-02", days: 2 };
    // BambooHR posts nothing about time off. The first look ever notes what is there; what is new is found by the next.
    await bamboohr.look("time_off");
    const id = await bamboohr.add("time_off", { employeeId: anna, type: "Unpaid", status: "approved", ...days });
    await bamboohr.look("time_off");
    const leave = await bamboohr.arrived("time_off", id);
    const [found] = await bamboohr.odoo.read<Record<string, unknown> & { state: string }>(
      "hr.leave",
      [["id", "=", leave]],
      ["state", "employee_id", "request_date_from", "request_date_to"],
    );
    expect(found).toMatchObject({ state: "validate", request_date_from: days.start, request_date_to: days.end });
    expect(found?.["employee_id"]).toEqual([person.id, expect.any(String)]);
  });

  it("have left when they left there", async () => {
    await bamboohr.change("employee", anna, { status: "Inactive", terminationDate: "2027-03-31" });
    expect(await employee(anna)).toMatchObject({ active: false, departure_date: "2027-03-31" });
    expect((await employee(boss)).active).toBe(true);
  });
});
