import { request } from "undici";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";

describe("the token endpoint of a vendor's stand-in", () => {
  let sandbox: Sandbox;
  beforeAll(async () => void (sandbox = await startSandbox({ port: 0 })));
  afterAll(async () => sandbox.close());

  const renew = async (refreshToken: string): Promise<number> => {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshToken });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await request(`${sandbox.url}/hubspot/oauth/v1/token`, {
      method: "POST",
      headers,
      body: form.toString(),
    });
    await answer.body.dump();
    return answer.statusCode;
  };

  it("takes a refresh token that the vendor does not rotate again and again", async () => {
    expect([await renew("sandbox-hubspot-refreshToken"), await renew("sandbox-hubspot-refreshToken")]).toEqual([
      200, 200,
    ]);
    expect(sandbox.tokens.accepts("hubspot", "demo")).toBe(true);
  });

  it("takes none that is not among those configured", async () => {
    sandbox.tokens.configure("hubspot", ["only-this"]);
    expect([await renew("sandbox-hubspot-refreshToken"), await renew("only-this")]).toEqual([400, 200]);
  });
});
