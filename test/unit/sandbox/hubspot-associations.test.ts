import { request } from "undici";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";

describe("HubSpot's stand-in", () => {
  let sandbox: Sandbox;
  beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })));
  afterAll(async () => sandbox.close());

  async function call(
    method: "GET" | "POST" | "DELETE",
    path: string,
    body?: object,
  ): Promise<Record<string, unknown>> {
    const headers = { authorization: "Bearer demo", "content-type": "application/json" };
    const answer = await request(`${sandbox.url}/hubspot${path}`, {
      method,
      headers,
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.body.text();
    return (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
  }
  const made = async (type: string, properties: object): Promise<string> =>
    String((await call("POST", `/crm/v3/objects/${type}`, { properties }))["id"]);

  it("lets a deal name its company no more once that is archived", async () => {
    const company = await made("companies", { name: "Brightwater" });
    const deal = await made("deals", { dealname: "Rollout" });
    await call("POST", "/crm/v4/associations/deals/companies/batch/associate/default", {
      inputs: [{ from: { id: deal }, to: { id: company } }],
    });
    const look = `/crm/v3/objects/deals/${deal}?properties=hs_primary_associated_company&associations=companies`;
    expect(await call("GET", look)).toMatchObject({ properties: { hs_primary_associated_company: company } });

    await call("DELETE", `/crm/v3/objects/companies/${company}`);
    const left = await call("GET", look);
    expect(left).toMatchObject({ properties: { hs_primary_associated_company: null } });
    expect(left).not.toHaveProperty("associations");
  });
});
