import customerMapping from "../../../mappings/systems/hubspot/mappings/customer.json";
import { HubError } from "../../../sidecar/domain/errors";
import type { Json, JsonObject } from "../../../sidecar/domain/json";
import type { Hub } from "../../../sidecar/hub";
import { Releases } from "../../../sidecar/mapping/registry";
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
    // Nobody looks by the clock: what arrives came by the notification.
    for (const hub of hubs) await stopClock(hub);
    for (const text of ["one", "two", undefined]) {
      const release = await bench.fixture.release(text === undefined ? [] : saying(text));
      const known = (): boolean => hubs.every((hub) => hub.releases.current.number === release);
      await waitFor(`release ${release} on both sidecars`, known, { everyMs: 10 });
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

  it("changes connectors' settings on running sidecars, and takes them back (GOV-02)", async () => {
    const hubs = [await bench.startHub(), await bench.startHub()];
    const bucket = (hub: Hub): number | undefined =>
      hub.pumps
        .find(({ code }) => code === "hubspot")
        ?.limits()
        .find(({ bucket: name }) => name === "default")?.requests;
    const settings = (content: JsonObject): { path: string; content: Json }[] => [
      { path: "systems/hubspot/settings.json", content: { title: "HubSpot settings", ...content } },
    ];
    const steps = [
      {
        given: settings({ settings: { portalId: "4711" }, limits: { requests: { default: 20 } } }),
        page: "4711",
        most: 20,
      },
      { given: [], page: null, most: 100 },
    ];
    for (const { given, page, most } of steps) {
      const release = await bench.fixture.release(given);
      await waitFor(`${most} requests on both sidecars`, () => hubs.every((hub) => bucket(hub) === most), {
        timeoutMs: 5_000,
        everyMs: 10,
      });
      const row = await bench.reaches(await change(release), "delivered");
      if (page === null) expect(row["external_url"]).toBeNull();
      else expect(row["external_url"]).toContain(page);
    }
  });

  it("whose settings make no connection leaves the connector as it was, and readiness says so", async () => {
    const hub = await bench.startHub();
    await bench.fixture.release([
      { path: "systems/hubspot/settings.json", content: { title: "HubSpot", settings: { keyProperty: "Not A Name" } } },
    ]);
    await waitFor("the problem to show", () => hub.settingsProblem !== null);
    await bench.reaches(await change(1), "delivered");
    expect(await hub.components()).toContainEqual(
      expect.objectContaining({
        name: "mappings",
        ok: false,
        message: expect.stringContaining("keyProperty") as string,
      }),
    );
  });

  it("is known to a sidecar that starts later", async () => {
    const release = await bench.fixture.release(saying("before the start"));
    const hub = await bench.startHub();
    expect(hub.releases.current.number).toBe(release);
  });

  it("is waited for by a sidecar that cannot ask when it starts: it never begins under what is shipped", async () => {
    const release = await bench.fixture.release(saying("before the start"));
    const away = {
      kind: "technical",
      code: "odoo_unreachable",
      message: "The database is away.",
      hint: "Wait.",
    } as const;
    const asking = jest.spyOn(Releases.prototype, "follow").mockRejectedValueOnce(new HubError(away));
    try {
      const hub = await bench.startHub();
      expect(hub.releases.current.number).toBe(release);
    } finally {
      asking.mockRestore();
    }
  });
});

async function stopClock(hub: Hub): Promise<void> {
  await (hub as unknown as { schedules: { stop(): Promise<void> } }).schedules.stop();
}

function withLine(line: JsonObject): Json {
  const mapping = structuredClone(customerMapping) as unknown as { lines: Json[] };
  return { ...mapping, lines: [...mapping.lines, line] };
}
