import type { Connector } from "../../../sidecar/connectors";
import { input, running, TestClock } from "./connect";
import { connectTo, ScriptedVendor, type Heard } from "./scripted-vendor";

describe("OAuth tokens (SEC-04)", () => {
  let vendor: ScriptedVendor;
  let connector: Connector | null;
  let clock: TestClock;
  let tokens: number;
  beforeEach(async () => {
    vendor = new ScriptedVendor();
    connector = null;
    clock = new TestClock();
    tokens = 0;
    await vendor.start();
    vendor.script = answer;
  });
  afterEach(async () => {
    await connector?.close();
    await vendor.stop();
  });

  const oauth = {
    type: "oauth2" as const,
    grant: "refresh_token" as const,
    tokenUrl: "https://login.ledgerly.example/oauth/token",
    clientId: "{credentials.clientId}",
    clientSecret: "{credentials.clientSecret}",
    refreshToken: "{credentials.refreshToken}",
  };
  const credentials = { clientId: "client", clientSecret: "very-secret", refreshToken: "first" };
  const answer = ({ path, method }: Heard) => {
    if (path === "/oauth/token") {
      tokens += 1;
      return { body: { access_token: `access-${tokens}`, refresh_token: `refresh-${tokens}`, expires_in: 1800 } };
    }
    return method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: 7 } };
  };
  const deliver = async (n: number) =>
    connector?.deliver([input({ key: `res.partner,${n}`, type: "client" })], running());
  const signatures = () =>
    vendor.heard.filter(({ path }) => path !== "/oauth/token").map(({ headers }) => headers.authorization);

  it("are fetched once, however many deliveries need one at the same moment", async () => {
    connector = connectTo(vendor, { auth: oauth }, { credentials, clock });
    await Promise.all([1, 2, 3, 4].map(deliver));
    expect(tokens).toBe(1);
    expect(new Set(signatures())).toEqual(new Set(["Bearer access-1"]));
  });

  it("are renewed before they end, with the rotated refresh token", async () => {
    connector = connectTo(vendor, { auth: oauth }, { credentials, clock });
    await deliver(1);
    clock.forward(1_795_000);
    await deliver(2);
    expect(tokens).toBe(2);
    const forms = vendor.heard.filter(({ path }) => path === "/oauth/token").map(({ body }) => String(body));
    expect(forms[0]).toContain("refresh_token=first");
    expect(forms[1]).toContain("refresh_token=refresh-1");
  });

  it("are not fetched for every call where the vendor does not say in a number how long they last", async () => {
    vendor.script = (heard) =>
      heard.path === "/oauth/token"
        ? { body: { ...(answer(heard).body as object), expires_in: "one hour" } }
        : answer(heard);
    connector = connectTo(vendor, { auth: oauth }, { credentials, clock });
    await deliver(1);
    await deliver(2);
    expect(tokens).toBe(1);
  });

  it("are renewed after a 401 only where the definition says so, and once", async () => {
    vendor.script = (heard) => (heard.path === "/oauth/token" ? answer(heard) : { status: 401 });
    connector = connectTo(vendor, { auth: { ...oauth, refreshOn401: true } }, { credentials, clock });
    expect(await deliver(1)).toMatchObject([{ ok: false, failure: { kind: "credential" } }]);
    expect(signatures()).toEqual(["Bearer access-1", "Bearer access-2"]);
    await connector.close();
    connector = connectTo(vendor, { auth: oauth }, { credentials, clock });
    await deliver(1);
    expect(tokens).toBe(3);
  });

  it("that are refused pause the connection and show no secret", async () => {
    vendor.script = () => ({ status: 400, body: { error: "invalid_grant", secret: "very-secret" } });
    connector = connectTo(vendor, { auth: oauth }, { credentials, clock });
    const result = await deliver(1);
    expect(result).toMatchObject([{ ok: false, failure: { kind: "credential", code: "token_refused" } }]);
    expect(JSON.stringify(result)).not.toContain("very-secret");
  });

  it("that cannot be had for the moment are a technical failure", async () => {
    vendor.script = () => ({ status: 503 });
    connector = connectTo(vendor, { auth: oauth }, { credentials, clock });
    expect(await deliver(1)).toMatchObject([{ ok: false, failure: { kind: "technical", code: "token_unavailable" } }]);
  });

  it("are not asked for where the connection has a static token", async () => {
    const auth = [{ type: "bearer" as const, token: "{credentials.accessToken}" }, oauth];
    connector = connectTo(vendor, { auth }, { credentials: { accessToken: "static" }, clock });
    await deliver(1);
    expect(new Set(signatures())).toEqual(new Set(["Bearer static"]));
    expect(() => connectTo(vendor, { auth }, { credentials: { clientId: "only" } })).toThrow(
      "no complete set of credentials",
    );
  });
});
