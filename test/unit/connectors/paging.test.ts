import type { Connector } from "../../../sidecar/connectors";
import type { Pagination } from "../../../sidecar/connectors/definition";
import { input, running } from "./connect";
import { CLIENT, connectTo, ScriptedVendor, type Heard } from "./scripted-vendor";

const TOTAL = 25;
const SIZE = 10;
const clients = Array.from({ length: TOTAL }, (_, n) => ({ id: n, reference: `res.partner,${n}` }));

/** How each vendor goes from page to page, and what its answers look like. */
const KINDS: {
  name: string;
  pagination: Pagination;
  answer: (heard: Heard, url: string) => { body: unknown; headers?: Record<string, string> };
}[] = [
  {
    name: "a cursor in the body",
    pagination: { type: "cursor", from: "paging.next.after", to: { query: "after" } },
    answer: ({ query }) => {
      const from = Number(query["after"] ?? 0);
      const after = from + SIZE < TOTAL ? { next: { after: String(from + SIZE) } } : {};
      return { body: { clients: clients.slice(from, from + SIZE), paging: after } };
    },
  },
  {
    name: "an offset",
    pagination: { type: "offset", to: { query: "startAt" }, pageSize: SIZE },
    answer: ({ query }) => ({
      body: { clients: clients.slice(Number(query["startAt"]), Number(query["startAt"]) + SIZE) },
    }),
  },
  {
    name: "page numbers and a header on the last page",
    pagination: { type: "page", to: { query: "page" }, last: { header: "Last-Page", equals: "true" } },
    answer: ({ query }) => {
      const from = (Number(query["page"]) - 1) * SIZE;
      return {
        body: { clients: clients.slice(from, from + SIZE) },
        headers: { "Last-Page": String(from + SIZE >= TOTAL) },
      };
    },
  },
  {
    name: "a link without its host",
    pagination: { type: "link", from: "next_page" },
    answer: ({ query }) => {
      const from = Number(query["from"] ?? 0);
      const next = from + SIZE < TOTAL ? `/clients?from=${from + SIZE}` : null;
      return { body: { clients: clients.slice(from, from + SIZE), next_page: next } };
    },
  },
  {
    name: "a link in the body",
    pagination: { type: "link", from: "next_page" },
    answer: ({ query }, url) => {
      const from = Number(query["from"] ?? 0);
      const next = from + SIZE < TOTAL ? `${url}/clients?from=${from + SIZE}` : null;
      return { body: { clients: clients.slice(from, from + SIZE), next_page: next } };
    },
  },
];

describe.each(KINDS)("lists that go on by $name (INT-05)", ({ pagination, answer }) => {
  let vendor: ScriptedVendor;
  let connector: Connector;
  beforeEach(async () => {
    vendor = new ScriptedVendor();
    await vendor.start();
    vendor.script = (heard) => (heard.method === "GET" ? answer(heard, vendor.url) : { body: {} });
    const [find] = CLIENT.find ?? [];
    if (!find) throw new Error("a find is needed");
    connector = connectTo(vendor, { objects: { client: { ...CLIENT, find: [{ ...find, pagination }] } } });
  });
  afterEach(async () => {
    await connector.close();
    await vendor.stop();
  });

  it.each([0, 9, 10, 24])("are read to the page of record %i", async (n) => {
    const [result] = await connector.deliver([input({ key: `res.partner,${n}`, type: "client" })], running());
    expect(result).toMatchObject({ ok: true, created: false, externalId: String(n) });
  });

  it("end", async () => {
    await connector.deliver([input({ key: "res.partner,99", type: "client" })], running());
    expect(vendor.heard.filter(({ method }) => method === "GET")).toHaveLength(3);
  });
});

describe("a next link", () => {
  const [find] = CLIENT.find ?? [];
  if (!find) throw new Error("a find is needed");
  const paged = { ...CLIENT, find: [{ ...find, pagination: { type: "link" as const, from: "next" } }] };
  let vendor: ScriptedVendor;
  let connector: Connector;
  beforeEach(async () => {
    vendor = new ScriptedVendor();
    await vendor.start();
    connector = connectTo(
      vendor,
      { objects: { client: paged }, auth: { type: "query", name: "api_key", value: "{credentials.key}" } },
      { credentials: { key: "k" } },
    );
  });
  afterEach(async () => {
    await connector.close();
    await vendor.stop();
  });

  it("is asked for with the sign-in that vendors leave out of it", async () => {
    vendor.script = ({ query }) => ({ body: { clients: [], next: query["from"] ? null : "/clients?from=1" } });
    await connector.deliver([input({ key: "res.partner,1", type: "client" })], running());
    expect(vendor.heard.slice(0, 2).map(({ query }) => query)).toEqual([
      { reference: "res.partner,1", api_key: "k" },
      { from: "1", api_key: "k" },
    ]);
  });

  it("that is no address is the definition's mistake, and is not tried again", async () => {
    vendor.script = () => ({ body: { clients: [], next: "https://" } });
    const [result] = await connector.deliver([input({ key: "res.partner,1", type: "client" })], running());
    expect(result).toMatchObject({ ok: false, failure: { kind: "data", code: "next_link_unusable" } });
  });
});
