import type { Connector } from "../../../sidecar/connectors";
import { input, running, TestClock } from "./connect";
import { CLIENT, connectTo, ScriptedVendor, type Heard } from "./scripted-vendor";

const CACHE_MS = 600_000;

/** Reference data of the vendor that records point at: here the region that a client stands in. */
describe("what is remembered of a vendor's reference data (PERF-05)", () => {
  let vendor: ScriptedVendor;
  let connector: Connector;
  let clock: TestClock;
  let region: string;
  beforeEach(async () => {
    vendor = new ScriptedVendor();
    clock = new TestClock();
    region = "region-1";
    await vendor.start();
    vendor.script = answer;
    connector = connectTo(vendor, { objects: { client: IN_REGION } }, { clock });
  });
  afterEach(async () => {
    await connector.close();
    await vendor.stop();
  });

  const IN_REGION: typeof CLIENT = {
    ...CLIENT,
    needs: {
      region: {
        when: "doc.region",
        find: {
          request: { method: "GET", path: "/regions", query: { name: "{doc.region}" } },
          records: "regions",
          match: { path: "name", equals: "{doc.region}" },
          id: "id",
          consistency: "strong",
        },
        cacheKey: "{doc.region}",
        cacheMs: CACHE_MS,
      },
    },
    create: {
      request: { method: "POST", path: "/clients", body: { $merge: ["{doc}", { region_id: "{needs.region.id}" }] } },
      id: "id",
    },
  };
  const answer = ({ path, method, query }: Heard) => {
    if (path === "/regions") return { body: { regions: [{ id: region, name: query["name"] }] } };
    return method === "GET" ? { body: { clients: [] } } : { status: 201, body: { id: 7 } };
  };
  const deliver = async (n: number, name = "Benelux") =>
    connector.deliver([input({ key: `res.partner,${n}`, type: "client", document: { region: name } })], running());
  const lookUps = (): number => vendor.heard.filter(({ path }) => path === "/regions").length;
  const sentTo = (): unknown[] =>
    vendor.heard
      .filter(({ method }) => method === "POST")
      .map(({ body }) => (body as Record<string, unknown>)["region_id"]);

  it("is asked for once, however many records point at it, also at the same moment", async () => {
    await Promise.all([1, 2, 3].map((n) => deliver(n)));
    await deliver(4);
    expect(lookUps()).toBe(1);
    expect(sentTo()).toEqual(["region-1", "region-1", "region-1", "region-1"]);
    await deliver(5, "Nordics");
    expect(lookUps()).toBe(2);
  });

  it("is asked for again once it is older than the definition allows, and a change there is seen", async () => {
    await deliver(1);
    region = "region-2";
    clock.forward(CACHE_MS - 60_000);
    await deliver(2);
    clock.forward(60_000);
    await deliver(3);
    expect(lookUps()).toBe(2);
    expect(sentTo()).toEqual(["region-1", "region-1", "region-2"]);
  });

  it("is not remembered when it could not be had", async () => {
    vendor.script = (heard) => (heard.path === "/regions" ? { body: { regions: [] } } : answer(heard));
    expect(await deliver(1)).toMatchObject([{ failure: { kind: "data", code: "need_not_found" } }]);
    vendor.script = answer;
    expect(await deliver(1)).toMatchObject([{ ok: true, externalId: "7" }]);
  });
});
