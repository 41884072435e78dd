import customerMapping from "../../../mappings/systems/hubspot/mappings/customer.json";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import { waitFor } from "../../support/wait-for";
import { OPEN_MS, SidecarBench } from "./running-hub";

const FILE = "systems/hubspot/mappings/customer.json";

/** What administrators activate in Odoo takes effect on running sidecars, without a restart (MAP-12, GOV-02). */
describe("a release of the mappings", () => {
  let bench: SidecarBench;

  beforeAll(async () => {
    bench = await SidecarBench.open();
  }, OPEN_MS);
  beforeEach(async () => {
    await bench.reset();
    await bench.fixture.release([]);
  });
  afterAll(async () => {
    await bench.close();
  });

  const change = async (id: number): Promise<number> =>
    bench.fixture.change({
      lane: `res.partner,${id}`,
      record: { name: `Company ${id}`, is_company: true, active: true },
    });
  /** The shipped mapping to the CRM with one more line. */
  const saying = (text: string): { path: string; content: Json }[] => [
    { path: FILE, content: withLine({ to: "properties.description", const: text }) },
  ];
  /** What the CRM holds as the record's description. */
  const described = (lane: string): unknown =>
    bench.sandbox.store
      .table("hubspot", "company")
      ?.live()
      .find(({ fields }) => fields["odoo_id"] === lane)?.fields["description"];

  it("counts for the next event, on every sidecar, while what is queued finishes under its own", async () => {
    const hubs = [await bench.startHub(), await bench.startHub()];
    await bench.fixture.release(saying("first"));
    await bench.database.queue.pause("hubspot", "manual", "to queue something", null);
    const queued = await change(1);
    await bench.fixture.release(saying("second"));
    const next = await change(2);
    await bench.database.queue.resume("hubspot");
    for (const hub of hubs) hub.notify(null);
    await bench.reaches(queued, "delivered");
    await bench.reaches(next, "delivered");
    expect([described("res.partner,1"), described("res.partner,2")]).toEqual(["first", "second"]);
  });

  it("is in force on all sidecars at once, and is taken back by the next", async () => {
    const hubs = [await bench.startHub(), await bench.startHub()];
    for (const text of ["one", "two", undefined]) {
      const release = await bench.fixture.release(text === undefined ? [] : saying(text));
      const known = (): boolean => hubs.every((hub) => hub.releases.current.number === release);
      // The clock looks every ten seconds; what comes sooner came by the notification.
      await waitFor(`release ${release} on both sidecars`, known, { timeoutMs: 5_000, everyMs: 10 });
      const delivery = await change(release);
      await bench.reaches(delivery, "delivered");
      expect(described(`res.partner,${release}`)).toBe(text);
    }
  });

  it("that does not compile holds its own deliveries and says where, others go on (MAP-05)", async () => {
    const hub = await bench.startHub();
    const good = await bench.fixture.release(saying("good"));
    await waitFor("the good release", () => hub.releases.current.number === good);
    await bench.fixture.release([{ path: FILE, content: withLine({ to: "properties.x", from: "noSuchField" }) }]);
    const stuck = await change(1);
    const row = await bench.reaches(stuck, "held");
    expect(row).toMatchObject({ error_kind: "data", error_code: "release_unusable", error_field: FILE });
    expect(row["error_message"]).toContain("noSuchField");
    expect(hub.releases.current.number).toBe(good);
    expect(await hub.components()).toContainEqual(expect.objectContaining({ name: "mappings", ok: false }));

    await bench.fixture.release(saying("mended"));
    const other = await change(2);
    await bench.reaches(other, "delivered");
    await bench.database.queue.replay([stuck], "Ann", false);
    await bench.reaches(stuck, "delivered");
    expect([described("res.partner,1"), described("res.partner,2")]).toEqual(["mended", "mended"]);
    expect(await hub.components()).toContainEqual(expect.objectContaining({ name: "mappings", ok: true }));
  });

  it("is known to a sidecar that starts later", async () => {
    const release = await bench.fixture.release(saying("before the start"));
    const hub = await bench.startHub();
    expect(hub.releases.current.number).toBe(release);
  });
});

function withLine(line: JsonObject): Json {
  const mapping = structuredClone(customerMapping) as unknown as { lines: Json[] };
  return { ...mapping, lines: [...mapping.lines, line] };
}
