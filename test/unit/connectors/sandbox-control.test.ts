import { request } from "undici";
import { IdempotencyWindow } from "../../sandbox/idempotency";
import { SandboxClock } from "../../sandbox/clock";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { connect, input, running } from "./connect";

/** The stand-in has to be trusted by every other test: what it promises is tested here. */
describe("the sandbox's control interface", () => {
  let sandbox: Sandbox;
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => sandbox.reset());

  const control = async (method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object) => {
    const options =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const answer = await request(`${sandbox.url}/_sandbox/${path}`, { method, ...options });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: (text === "" ? null : JSON.parse(text)) as unknown };
  };
  const company = input({ key: "res.partner,1", type: "company", document: { properties: { name: "Acme" } } });
  const deliverCompany = async () => {
    const connector = connect("hubspot", `${sandbox.url}/hubspot`);
    const [result] = await connector.deliver([company], running());
    await connector.close();
    return result;
  };

  it("says that it runs, and for whom", async () => {
    expect(await control("GET", "health")).toEqual({
      status: 200,
      body: { ok: true, systems: ["hubspot", "asana", "bamboohr", "docusign", "clockify"] },
    });
  });

  it("strikes as often as asked and can be called off", async () => {
    const fault = { system: "hubspot", fault: { kind: "status", status: 503 } };
    const { body } = await control("POST", "faults", { ...fault, times: 1 });
    expect(await deliverCompany()).toMatchObject({ ok: false });
    expect(await deliverCompany()).toMatchObject({ ok: true });
    await control("DELETE", `faults/${(body as { id: string }).id}`);
    await control("POST", "faults", fault);
    await control("DELETE", "faults");
    expect(await deliverCompany()).toMatchObject({ ok: true });
    expect((await control("POST", "faults", { system: "hubspot", fault: { kind: "earthquake" } })).status).toBe(400);
  });

  it("understands JSON whatever it is said to be", async () => {
    const body = JSON.stringify({ system: "hubspot", fault: { kind: "html" } });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await request(`${sandbox.url}/_sandbox/faults`, { method: "POST", body, headers });
    expect([answer.statusCode, await answer.body.json()]).toEqual([201, { id: expect.any(String) as string }]);
  });

  it.each([
    ["GET", "journal?system=hubspott", undefined, /"system" must be one of hubspot/],
    ["GET", "calls?sytem=hubspot", undefined, /There is no "sytem"; known are system, since/],
    ["GET", "records/hubspot/company?wait_ms=soon", undefined, /"wait_ms" must be a whole number/],
    ["GET", "webhooks?system=foo", undefined, /"system" must be one of/],
    ["POST", "records/hubspot/company", [], /The body must be an object/],
    ["POST", "faults", JSON.parse('{"__proto__":{},"system":"asana"}') as object, /there is no "__proto__"/],
    ["PUT", "webhooks", { system: "hubspot", url: "here", secret: "s" }, /"url" must be an address/],
    ["PUT", "webhooks", { system: "hubspot", url: "http://127.0.0.1:1/" }, /"secret" must be a text/],
  ] as const)("refuses %s %s %j with what is wrong", async (method, path, body, said) => {
    const answer = await control(method, path, body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringMatching(said) as string } });
  });

  it("strikes the same share of requests in every run with the same seed", () => {
    const run = (): boolean[] => {
      sandbox.faults.clear();
      sandbox.faults.add({ system: "asana", fault: { kind: "slow" }, probability: 0.3, seed: 7 });
      return Array.from({ length: 50 }, () => sandbox.faults.strike("asana", "GET", "/tasks") !== null);
    };
    const first = run();
    expect(run()).toEqual(first);
    expect(first.filter(Boolean).length).toBeGreaterThan(5);
    expect(first.filter(Boolean).length).toBeLessThan(30);
  });

  it("answers when the records that are waited for are there", async () => {
    const waiting = control("GET", "records/hubspot/company?count=1&wait_ms=10000");
    await deliverCompany();
    expect((await waiting).body).toMatchObject([{ fields: { name: "Acme", odoo_id: "res.partner,1" } }]);
    expect((await control("GET", "records/hubspot/nothing")).status).toBe(404);
  });

  it("notes every write with its time, key and trace, and every refusal", async () => {
    const begun = sandbox.clock.now();
    await deliverCompany();
    await control("POST", "faults", { system: "hubspot", fault: { kind: "status", status: 429 }, times: 1 });
    await deliverCompany();
    const { body } = await control("GET", `journal?system=hubspot&since=${begun}`);
    expect(body).toMatchObject([
      { effect: "created", key: "res.partner,1", type: "company", status: 200, traceparent: company.traceparent },
      { effect: "refused", status: 429 },
    ]);
    expect((await control("GET", `journal?since=${sandbox.clock.now()}`)).body).toEqual([]);
  });

  it("lets a search lag behind while reading by key does not", async () => {
    await control("PUT", "lag", { system: "hubspot", ms: 60_000 });
    await deliverCompany();
    const table = sandbox.store.table("hubspot", "company");
    expect(table?.indexed()).toEqual([]);
    expect(table?.byUnique("odoo_id", "res.partner,1")).not.toBeNull();
    await control("PUT", "clock", { offsetMs: 61_000 });
    expect(table?.indexed()).toHaveLength(1);
  });

  it("refuses what goes over a quota, and counts as the vendor does", async () => {
    await control("PUT", "quotas", { system: "hubspot", requests: 2, perMs: 60_000 });
    expect(await deliverCompany()).toMatchObject({ ok: true });
    expect(await deliverCompany()).toMatchObject({ ok: true });
    expect(await deliverCompany()).toMatchObject({ ok: false, failure: { kind: "technical" } });
    const used = { system: "hubspot", requests: 2, perMs: 60_000, received: 3, refused: 1, mostInWindow: 3 };
    expect((await control("GET", "quotas")).body).toEqual([used]);
    await control("PUT", "clock", { offsetMs: 61_000 });
    expect(await deliverCompany()).toMatchObject({ ok: true });
    expect((await control("GET", "quotas")).body).toMatchObject([{ received: 4, refused: 1, mostInWindow: 3 }]);
    expect((await control("PUT", "quotas", { system: "hubspot", requests: 0, perMs: 1 })).status).toBe(400);
  });

  it("accepts exactly the tokens it is given", async () => {
    await control("PUT", "tokens", { system: "hubspot", tokens: ["other"] });
    expect(await deliverCompany()).toMatchObject({ ok: false, failure: { kind: "credential" } });
    await control("PUT", "tokens", { system: "hubspot", tokens: null });
    expect(await deliverCompany()).toMatchObject({ ok: true });
  });

  it("loads a whole schedule, and says when it is over", async () => {
    const schedule = { faults: [{ system: "hubspot", fault: { kind: "status", status: 503 }, times: 1 }] };
    expect(await control("POST", "schedule", schedule)).toMatchObject({
      status: 201,
      body: { ids: [expect.any(String)] },
    });
    expect(await deliverCompany()).toMatchObject({ ok: false });
    const { body } = await control("GET", "schedule?wait_ms=5000");
    expect(body).toMatchObject({ over: true, faults: [{ state: "over", struck: 1 }] });
    expect(await deliverCompany()).toMatchObject({ ok: true });
    expect((await control("GET", "calls?system=hubspot")).body).toMatchObject({ total: 2 });
  });

  it.each([
    ["POST", "faults", { system: "hubspot", fault: { kind: "status" }, tmes: 1 }, /did you mean "times"/],
    ["POST", "schedule", { faults: [{ system: "acme", fault: { kind: "html" } }] }, /faults\[0\]: "system"/],
    ["PUT", "lag", { system: "hubspot" }, /"ms" must be a whole number from 0/],
    ["PUT", "clock", { offset: 5 }, /no "offset"; known are offsetMs/],
    ["PUT", "tokens", { system: "hubspot", tokens: "one" }, /list of texts/],
  ] as const)("answers 400 to %s %s with what is wrong", async (method, path, wrong, said) => {
    const answer = await control(method, path, wrong);
    expect(answer.status).toBe(400);
    expect((answer.body as { error: string }).error).toMatch(said);
  });

  it("forgets everything when asked", async () => {
    await deliverCompany();
    await control("DELETE", "state");
    expect((await control("GET", "records/hubspot/company")).body).toEqual([]);
    expect((await control("GET", "journal")).body).toEqual([]);
  });

  it("remembers idempotency keys for their window, and notices another body", () => {
    const clock = new SandboxClock();
    const memory = new IdempotencyWindow(60_000, clock);
    memory.remember("k", { a: 1 }, { status: 201, body: { id: 1 } });
    expect(memory.recall("k", { a: 1 })).toEqual({ is: "repeat", answer: { status: 201, body: { id: 1 } } });
    expect(memory.recall("k", { a: 2 })).toEqual({ is: "other_body" });
    clock.move(61_000);
    expect(memory.recall("k", { a: 1 })).toEqual({ is: "new" });
  });
});
