import type { ChangePage, Connector, ObjectDefinition } from "../../../sidecar/connectors";
import { running } from "./connect";
import { CLIENT, connectTo, ScriptedVendor, type Heard } from "./scripted-vendor";

const FETCH: NonNullable<ObjectDefinition["fetch"]> = {
  request: { method: "GET", path: "/clients/{id}" },
  record: "client",
  time: "changed",
  gone: { path: "archived", equals: true },
};
const LIST: NonNullable<ObjectDefinition["changes"]> = {
  request: { method: "GET", path: "/clients", query: { since: "{since}", size: "2" } },
  records: "clients",
  id: "id",
  time: "changed",
  order: "ascending",
  overlapMs: 0,
  pagination: { type: "page", to: { query: "page" } },
};
const call = (...reads: string[]) => ({ priority: 90, traceparent: "", signal: running(), reads });

describe("a vendor as a source of records", () => {
  let vendor: ScriptedVendor;
  let connector: Connector;
  const open = (more: Partial<ObjectDefinition>): void =>
    void (connector = connectTo(vendor, { objects: { client: { ...CLIENT, ...more } } }));
  beforeEach(async () => {
    vendor = new ScriptedVendor();
    await vendor.start();
  });
  afterEach(async () => {
    await connector.close();
    await vendor.stop();
  });

  it("reads the record as it is now, with what belongs to it (INT-02)", async () => {
    const also = {
      company: { when: "record.companyId", request: { method: "GET" as const, path: "/companies/{record.companyId}" } },
      files: {
        each: "record.documents",
        request: { method: "GET" as const, path: "/files/{item.id}", answer: "file" as const },
      },
    };
    open({ fetch: { ...FETCH, also } });
    const client = { id: 7, name: "Acme", changed: "2026-11-01T10:00:00Z", companyId: 3, documents: [{ id: "a" }] };
    vendor.script = ({ path }) => {
      if (path === "/clients/7") return { body: { client } };
      if (path === "/companies/3") return { body: { name: "Group" } };
      return { headers: { "content-type": "application/pdf; charset=x" }, body: "%PDF" };
    };
    const [fetched] = await connector.source.fetch("client", ["7"], call());
    expect(fetched).toMatchObject({ found: { id: "7", oldIds: [], time: new Date("2026-11-01T10:00:00Z") } });
    const record = fetched && "found" in fetched ? fetched.found?.record : undefined;
    expect(record).toMatchObject({ name: "Acme", company: { name: "Group" } });
    const file = (record?.["files"] as { data: string; mimetype: string }[])[0];
    expect(file?.mimetype).toBe("application/pdf");
    expect(Buffer.from(file?.data ?? "", "base64").toString("utf8")).toContain("%PDF");
  });

  it("asks for what mappings read and what the definition needs, each once and always in one order (MAP-01)", async () => {
    const also = { owner: { result: "links.owner" } };
    open({
      fetch: {
        ...FETCH,
        request: { ...FETCH.request, query: { fields: "{fields}" } },
        fields: { always: ["changed"] },
        batch: {
          max: 5,
          request: { method: "POST", path: "/clients/read", body: { ids: "{ids}", fields: "{fields}" } },
          records: "clients",
        },
        also,
      },
    });
    vendor.script = () => ({ body: { client: { id: 7 }, clients: [{ id: 1 }, { id: 2 }] } });
    await connector.source.fetch(
      "client",
      ["7"],
      call("name", "id", "address.zip", "address.city", "owner", "changed"),
    );
    await connector.source.fetch("client", ["1", "2"], call("name"));
    await connector.source.fetch("client", ["7"], call());
    expect(vendor.heard.map(({ query, body }) => query["fields"] ?? body)).toEqual([
      "address,changed,name",
      { ids: ["1", "2"], fields: "changed,name" },
      "changed",
    ]);
  });

  it("asks for fields by the names they have where they stand, and never for too many", async () => {
    const request = { ...FETCH.request, query: { fields: "{fields}" } };
    open({ fetch: { ...FETCH, request, fields: { in: "values.own", always: ["at"] } } });
    vendor.script = () => ({ body: { client: { id: 7 } } });
    const reads = ["id", "values.own", "values.own.x_tier", "values.other.y", "elsewhere.own.z"];
    await connector.source.fetch("client", ["7"], call(...reads));
    expect(vendor.heard.map(({ query }) => query["fields"])).toEqual(["at,x_tier"]);
    const many = Array.from({ length: 400 }, (_, at) => `values.own.f${at}`);
    expect(await connector.source.fetch("client", ["7"], call(...many))).toMatchObject([
      { failure: { kind: "data", code: "too_many_fields" } },
    ]);
    expect(vendor.heard).toHaveLength(1);
  });

  it.each([
    ["the vendor answers 404", { status: 404, body: {} }],
    ["the record says so itself", { body: { client: { id: 7, archived: true } } }],
  ])("knows that a record is gone when %s", async (_, answer) => {
    open({ fetch: FETCH });
    vendor.script = () => answer;
    expect(await connector.source.fetch("client", ["7"], call())).toMatchObject([{ found: null }]);
  });

  it.each([
    ["nothing", { body: undefined }],
    ["something else", { body: { maintenance: true } }],
    ["a list", { body: { client: [] } }],
  ])("takes a success with %s in the record's place for no deletion (REC-04)", async (_, answer) => {
    open({ fetch: FETCH });
    vendor.script = () => answer;
    expect(await connector.source.fetch("client", ["7"], call())).toMatchObject([
      { failure: { kind: "technical", code: "record_unreadable" } },
    ]);
  });

  it("knows a record as gone that a list does not hold, and not where there is no list", async () => {
    open({ fetch: { ...FETCH, record: "clients", match: { path: "id", equals: "{id}" } } });
    vendor.script = () => ({ body: { clients: [{ id: "8" }] } });
    expect(await connector.source.fetch("client", ["7"], call())).toMatchObject([{ found: null }]);
    vendor.script = () => ({ body: { maintenance: true } });
    expect(await connector.source.fetch("client", ["7"], call())).toMatchObject([{ failure: { kind: "technical" } }]);
    await connector.close();
    open({ fetch: { ...FETCH, record: "0" } });
    vendor.script = () => ({ body: [] });
    expect(await connector.source.fetch("client", ["7"], call())).toMatchObject([{ found: null }]);
  });

  it("knows that a record was merged into another (RES-10)", async () => {
    open({ fetch: { ...FETCH, oldIds: ["merged"] } });
    vendor.script = () => ({ body: { client: { id: 8, merged: "5;6" } } });
    const [fetched] = await connector.source.fetch("client", ["7"], call());
    expect(fetched).toMatchObject({ found: { id: "8", oldIds: ["5", "6", "7"] } });
  });

  it("tells a vendor that is away from a record that is gone", async () => {
    open({ fetch: FETCH });
    vendor.script = () => ({ status: 503 });
    expect(await connector.source.fetch("client", ["7"], call())).toMatchObject([{ failure: { kind: "technical" } }]);
  });

  it("reads many with one request, and asks alone for what the answer leaves out", async () => {
    const batch = {
      max: 10,
      request: { method: "POST" as const, path: "/batch", body: { ids: "{ids}" } },
      records: "all",
    };
    open({ fetch: { ...FETCH, batch } });
    vendor.script = ({ path }) => (path === "/batch" ? { body: { all: [{ id: 2 }, { id: 1 }] } } : { status: 404 });
    const fetched = await connector.source.fetch("client", ["1", "2", "3"], call());
    expect(fetched).toMatchObject([{ found: { id: "1" } }, { found: { id: "2" } }, { found: null }]);
    expect(vendor.lines()).toEqual(["POST /batch", "GET /clients/3"]);
  });

  async function listed(since: Date | null): Promise<ChangePage[]> {
    const pages: ChangePage[] = [];
    for await (const page of connector.source.changes("client", since, call())) pages.push(page);
    return pages;
  }

  it("passes over no change when a record is changed while the list is read (INT-05)", async () => {
    open({ changes: LIST });
    const clients = ["a", "b", "c", "d", "e"].map((id, at) => ({
      id,
      changed: new Date(1_000 * (at + 1)).toISOString(),
    }));
    const answer = ({ query }: Heard): { body: unknown } => {
      const since = clients.filter(({ changed }) => changed >= (query["since"] ?? ""));
      const ordered = since.sort((one, other) => one.changed.localeCompare(other.changed));
      const page = Number(query["page"] ?? "1") - 1;
      return { body: { clients: ordered.slice(page * 2, page * 2 + 2) } };
    };
    let asked = 0;
    vendor.script = (request) => {
      // Right after the first page its first record moves to the end: with counted pages the third would be passed over.
      if (asked++ === 1)
        (clients.find(({ id }) => id === "a") as { changed: string }).changed = new Date(9_000).toISOString();
      return answer(request);
    };
    const pages = await listed(null);
    expect(new Set(pages.flatMap(({ changes }) => changes.map(({ id }) => id)))).toEqual(
      new Set(["a", "b", "c", "d", "e"]),
    );
    expect(pages.at(-1)?.upTo).toEqual(new Date(9_000));
  });

  it.each([
    ["404", { status: 404, body: {} }],
    ["something else than a list", { body: { maintenance: true } }],
  ])("takes %s for no empty list, by which all that is there would be gone (REC-04)", async (_, answer) => {
    const deletions = {
      lists: "present" as const,
      request: { method: "GET" as const, path: "/clients/all" },
      records: "clients",
      id: "id",
      pagination: { type: "page" as const, to: { query: "page" } },
    };
    open({ changes: { ...LIST, deletions } });
    vendor.script = ({ query }) => (query["page"] === "2" ? answer : { body: { clients: [{ id: 1 }] } });
    const sweep = async (): Promise<void> => {
      for await (const page of connector.source.deletions("client", null, call())) expect(page).toHaveLength(1);
    };
    await expect(sweep()).rejects.toMatchObject({ kind: "data", code: "list_missing" });
  });

  it("says that a list of changes is not there, instead of finding nothing for ever", async () => {
    open({ changes: LIST });
    vendor.script = () => ({ status: 404, body: {} });
    await expect(listed(new Date())).rejects.toMatchObject({ kind: "data", code: "list_missing" });
  });

  it("goes through records of one and the same moment by the vendor's pages", async () => {
    open({ changes: LIST });
    const ids = ["1", "2", "3", "4", "5"];
    vendor.script = ({ query }) => {
      const page = Number(query["page"] ?? "1") - 1;
      const clients = ids.slice(page * 2, page * 2 + 2).map((id) => ({ id, changed: "2026-11-01T10:00:00.000Z" }));
      return { body: { clients } };
    };
    const pages = await listed(new Date("2026-11-01T10:00:00Z"));
    expect(pages.flatMap(({ changes }) => changes.map(({ id }) => id))).toEqual(ids);
    // Half read, the moment is not done with.
    expect(pages.slice(0, -1).map(({ upTo }) => upTo)).toEqual(pages.slice(0, -1).map(() => null));
  });

  it("refuses a list that is not in the order it is said to be in", async () => {
    open({ changes: LIST });
    vendor.script = () => ({
      body: {
        clients: [
          { id: 1, changed: "2026-11-02T00:00:00Z" },
          { id: 2, changed: "2026-11-01T00:00:00Z" },
        ],
      },
    });
    await expect(listed(null)).rejects.toMatchObject({ code: "list_not_in_order" });
  });

  it("lists the records that entries are about, and goes on behind entries that are about none", async () => {
    const { request, id } = LIST;
    const pagination = { type: "offset" as const, pageSize: 2, to: { query: "at" } };
    open({ changes: { request, records: "", each: "hours", id, pagination } });
    const pages: Record<string, object[]> = {
      "0": [{ hours: [] }, {}],
      "2": [{ hours: [{ id: "a" }, { id: "b" }] }, { hours: [{ id: "c" }] }],
      "4": [{ hours: [{ id: "d" }] }],
    };
    vendor.script = ({ query }) => ({ body: pages[query["at"] ?? "0"] ?? [] });
    expect((await listed(null)).flatMap(({ changes }) => changes.map(({ id }) => id))).toEqual(["a", "b", "c", "d"]);
  });

  it("recognises a changed entry where the list says no time", async () => {
    const { request, records, id } = LIST;
    open({ changes: { request, records, id, pagination: { type: "offset", pageSize: 100, to: { query: "at" } } } });
    vendor.script = () => ({ body: { clients: { x: { id: "x", name: "Acme" } } } });
    const first = await listed(null);
    vendor.script = () => ({ body: { clients: { x: { name: "Acme", id: "x" } } } });
    const same = await listed(null);
    vendor.script = () => ({ body: { clients: { x: { id: "x", name: "Acme 2" } } } });
    const other = await listed(null);
    const version = (pages: ChangePage[]): string | undefined => pages[0]?.changes[0]?.version;
    expect(version(same)).toBe(version(first));
    expect(version(other)).not.toBe(version(first));
  });
});
