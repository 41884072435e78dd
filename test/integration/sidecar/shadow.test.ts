import customerMapping from "../../../mappings/systems/hubspot/mappings/customer.json";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

const FILE = "systems/hubspot/mappings/customer.json";

/** A version runs beside the active one on live changes without sending, and shows where it differs (MIG-04, MAP-09). */
describe("a version in shadow", () => {
  let bench: SidecarBench;

  beforeAll(async () => {
    bench = await SidecarBench.open();
  }, OPEN_MS);
  beforeEach(async () => {
    await bench.reset();
    await bench.database.owner.query("DELETE FROM integration_artifact_version WHERE shadow");
  });
  afterAll(async () => {
    await bench.close();
  });

  const deliver = async (id: number, record: JsonObject = {}): Promise<void> => {
    const delivery = await bench.fixture.change({
      lane: `res.partner,${id}`,
      record: { name: `Company ${id}`, is_company: true, active: true, ...record },
    });
    await bench.reaches(delivery, "delivered");
  };
  const shadows = async (lines: Json[]): Promise<number> => {
    const content = { ...(structuredClone(customerMapping) as unknown as JsonObject), lines };
    const { version_id } = await bench.fixture.version(FILE, content, { shadow: true });
    return Number(version_id);
  };
  const results = async (version: number): Promise<JsonObject> => {
    const { rows } = await bench.database.owner.query<JsonObject>(
      `SELECT h.object, h.compared, h.differing, h.failing,
         (SELECT coalesce(jsonb_agg(jsonb_build_object('path', f.path, 'count', f.count, 'examples', f.examples) ORDER BY f.path), '[]')
          FROM integration_shadow_difference f WHERE f.shadow_id = h.id) AS differences
       FROM integration_shadow h WHERE h.version_id = $1`,
      [version],
    );
    return rows[0] ?? {};
  };
  const reported = async (version: number, compared: number): Promise<JsonObject> => {
    let found: JsonObject = {};
    await waitFor(`${compared} comparisons`, async () => {
      found = await results(version);
      return found["compared"] === compared;
    });
    return found;
  };
  const shipped = customerMapping.lines as Json[];

  it("counts, per field, what it would send otherwise, with examples, and sends nothing of it", async () => {
    const version = await shadows([...shipped, { to: "properties.description", from: "email" }]);
    await bench.startHub();
    for (let id = 1; id <= 7; id += 1) await deliver(id, id <= 6 ? { email: `info@company${id}.be` } : {});
    const found = await reported(version, 7);
    expect(found).toMatchObject({ object: "customer", differing: 6, failing: 0 });
    const [difference] = found["differences"] as { path: string; count: number; examples: JsonObject[] }[];
    expect(difference).toMatchObject({ path: "properties.description", count: 6 });
    expect(difference?.examples).toHaveLength(5);
    expect(difference?.examples[0]).toEqual({ lane: "res.partner,6", now: null, then: "info@company6.be" });
    const sent = bench.sandbox.store.table("hubspot", "company")?.live() ?? [];
    expect(sent).toHaveLength(7);
    expect(sent.every(({ fields }) => fields["description"] === undefined)).toBe(true);
  });

  it("tells what would have been held, and goes on counting on top of a new release", async () => {
    const version = await shadows([...shipped, { to: "properties.description", from: "website", required: true }]);
    const hub = await bench.startHub();
    await deliver(1);
    expect(await reported(version, 1)).toMatchObject({
      differing: 1,
      failing: 1,
      differences: [{ path: expect.stringContaining("mapping_required_missing") as string, count: 1 }],
    });
    const release = await bench.fixture.release([]);
    await waitFor("the release", () => hub.releases.current.number === release);
    await deliver(2, { website: "https://acme.be" });
    expect(await reported(version, 2)).toMatchObject({ differing: 2, failing: 1 });
  });

  it("is not reported once it runs no more", async () => {
    const version = await shadows(shipped);
    await bench.database.owner.query("UPDATE integration_artifact_version SET shadow = false WHERE id = $1", [version]);
    expect(await bench.database.queue.reportShadow(version, [])).toBe(false);
  });
});
