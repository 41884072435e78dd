import { request } from "undici";
import type { Fault } from "../../sandbox/fault-rule";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { waitFor } from "../../support/wait-for";

/** What each fault does to a request, and whether the vendor did the work: fault tests are worth what this is. */
describe("at the vendors' stand-ins", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => sandbox.reset());

  const people = (): unknown[] => sandbox.store.table("bamboohr", "employee")?.live() ?? [];
  const hire = async (timeoutMs = 5_000): Promise<{ status: number; id: string; type: string; text: string }> => {
    const answer = await request(`${sandbox.url}/bamboohr/api/v1/employees`, {
      method: "POST",
      headers: {
        authorization: `Basic ${Buffer.from("demo:x").toString("base64")}`,
        "content-type": "application/json",
        accept: "application/json",
      },
      body: JSON.stringify({ firstName: "Ida", lastName: "Rhodes" }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const location = String(answer.headers["location"] ?? "");
    const type = String(answer.headers["content-type"] ?? "");
    return { status: answer.statusCode, id: location.split("/").at(-1) ?? "", type, text: await answer.body.text() };
  };
  const company = async (name: string): Promise<{ id: string; properties: { name: string } }> => {
    const answer = await request(`${sandbox.url}/hubspot/crm/v3/objects/companies`, {
      method: "POST",
      headers: { authorization: "Bearer demo", "content-type": "application/json" },
      body: JSON.stringify({ properties: { name } }),
    });
    return (await answer.body.json()) as { id: string; properties: { name: string } };
  };
  const strike = (fault: Fault, system = "bamboohr"): void => void sandbox.faults.add({ system, fault, times: 1 });

  it("a slow answer comes late, and the work is done at once", async () => {
    strike({ kind: "slow_answer", delayMs: 400 });
    await expect(hire(150)).rejects.toThrow();
    await waitFor("the work to be done", () => people().length === 1);
  });

  it("a slow vendor does nothing for a caller that has hung up", async () => {
    strike({ kind: "slow", delayMs: 150 });
    await expect(hire(50)).rejects.toThrow();
    await waitFor("the call to end", () => sandbox.calls.list("bamboohr").length === 1);
    strike({ kind: "slow", delayMs: 150 });
    expect((await hire()).status).toBe(201);
    expect(people()).toHaveLength(1);
  });

  it("half an answer breaks off, also where the answer has no body", async () => {
    strike({ kind: "truncated" });
    await expect(hire()).rejects.toThrow();
    expect(people()).toHaveLength(1);
  });

  it("an answer of another shape hides the new record's id", async () => {
    strike({ kind: "schema_change" });
    expect(await hire()).toMatchObject({ status: 201, id: "" });
    strike({ kind: "schema_change" }, "hubspot");
    expect(Object.keys(await company("Acme"))).toContain("new_id");
  });

  it("a duplicate id names the oldest record in place of the new one, in body or header", async () => {
    const first = await company("Acme");
    strike({ kind: "duplicate_id" }, "hubspot");
    expect(await company("Globex")).toMatchObject({ id: first.id, properties: { name: "Globex" } });
    expect(sandbox.store.table("hubspot", "company")?.live()).toHaveLength(2);
    const ida = await hire();
    strike({ kind: "duplicate_id" });
    expect((await hire()).id).toBe(ida.id);
  });

  it("a revoked credential is refused in the vendor's own way until the fault is over", async () => {
    strike({ kind: "credential_revoked" });
    expect(await hire()).toMatchObject({ status: 401 });
    expect((await hire()).status).toBe(201);
  });

  it("every call is counted, with what came of it and what struck it", async () => {
    strike({ kind: "reset_before" });
    await expect(hire()).rejects.toThrow();
    await hire();
    await waitFor("both calls to end", () => sandbox.calls.total("bamboohr") === 2);
    expect(sandbox.calls.list("bamboohr")).toMatchObject([
      { method: "POST", path: "/api/v1/employees", status: null, fault: "reset_before" },
      { status: 201, fault: null },
    ]);
    expect(sandbox.calls.total("hubspot")).toBe(0);
  });
});
