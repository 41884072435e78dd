import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { bundledMappings, buildConfig } from "../../sidecar/config/load";
import { parseConfigText } from "../../sidecar/config/file";
import { openConnections, type Connection } from "../../sidecar/connections";
import type { JsonObject } from "../../sidecar/domain/json";
import { loadMappings, preview, type MappingRegistry } from "../../sidecar/mapping/registry";
import { input, running } from "../unit/connectors/connect";
import { specification, startPrism, type Prism } from "./prism";

const spec = specification("portal-zendesk");
const describeWithSpec = spec === null ? describe.skip : describe;

const COMPANY = {
  id: 42,
  name: "Acme",
  is_company: true,
  active: true,
  website: "https://acme.example",
  vat: "BE0123456749",
  street: "Rue Haute 1",
  zip: "1000",
  city: "Bruxelles",
};

/**
 * A vendor that the project does not ship is connected by its folder alone (INT-01, INT-05): Zendesk, written from
 * docs/connectors.md. Its own specification checks every request and answer.
 */
describeWithSpec("a vendor connected by its folder alone (skipped where the specifications are not there)", () => {
  let vendor: Vendor;
  let prism: Prism;
  let connection: Connection;
  let mappings: MappingRegistry;
  let folder: string;

  const dirs = [bundledMappings(), path.join(__dirname, "held-out")];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "hub-spec-"));
    vendor = await Vendor.start();
    prism = await startPrism(withBodies(spec ?? "", folder), vendor.url);
    mappings = loadMappings(dirs);
    connection = connected(prism.url);
  });
  afterAll(async () => {
    await connection?.connector.close();
    await prism?.stop();
    await vendor?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** As an administrator connects it: a folder beside the shipped one, and a few lines of configuration. */
  function connected(url: string): Connection {
    const text = `
odoo: { url: "http://odoo.invalid", database: test, queue_url: "env:QUEUE_URL" }
mappings: { dirs: ${JSON.stringify(dirs)} }
systems:
  zendesk:
    base_url: "${url}/api/v2"
    settings: { subdomain: acme }
    credentials: { email: env:EMAIL, apiToken: env:TOKEN }
`;
    const env = { QUEUE_URL: "postgres://hub@127.0.0.1/odoo", EMAIL: "ann@example.com", TOKEN: "token" };
    const config = buildConfig(parseConfigText(text, "hub.yaml", __dirname), "hub.yaml", env);
    const [opened] = openConnections(config, mappings.settings);
    if (!opened) throw new Error("nothing was connected");
    return opened;
  }

  /** One record through both hops and out; `links` by lane. */
  async function send(
    object: string,
    record: JsonObject & { id: number },
    links: Record<string, string> = {},
    to = connection,
  ): Promise<unknown> {
    const shown = preview(mappings, "zendesk", object, { record }, { link: (lane) => links[lane] });
    expect(shown.findings).toEqual([]);
    if (!shown.outgoing) throw new Error("nothing goes out");
    const { type, document } = shown.outgoing;
    const key = `res.partner,${record.id}`;
    const one = input({ key, type, document, externalId: links[key] ?? null });
    const [result] = await to.connector.deliver([one], running());
    return result;
  }

  it("lets us in", async () => {
    await expect(connection.connector.check()).resolves.toBeUndefined();
    expect(vendor.signedAs).toBe("ann@example.com/token:token");
  });

  it("takes a company by its own upsert, changes it, and a person sees what a delivery would change", async () => {
    expect(await send("customer", COMPANY)).toMatchObject({ ok: true, created: true, externalId: "1" });
    expect(await send("customer", { ...COMPANY, city: "Gent" })).toMatchObject({ ok: true, created: false });
    expect(vendor.records("organizations")).toEqual([
      expect.objectContaining({
        external_id: "res.partner,42",
        name: "Acme",
        domain_names: ["acme.example"],
        details: "Rue Haute 1, 1000, Gent",
        organization_fields: { vat: "BE0123456749" },
      }),
    ]);
    const document = { name: "Acme Group" };
    const one = input({ key: "res.partner,42", type: "organization", document, externalId: "1" });
    expect(await connection.connector.compare(one, running())).toMatchObject({
      now: { name: "Acme" },
      then: { name: "Acme Group" },
    });
  });

  it("finds a person before it creates one, puts him into his company, and takes him away", async () => {
    const employer = { id: 42, model: "res.partner", name: "Acme", is_company: true };
    const ann = { id: 43, name: "Ann", active: true, email: "ann@acme.example", commercial_partner_id: employer };
    const links = { "res.partner,42": "1" };
    expect(await send("contact", ann, links)).toMatchObject({ ok: true, created: true, externalId: "2" });
    expect(await send("contact", { ...ann, phone: "+32 2 1" }, links)).toMatchObject({ ok: true, created: false });
    expect(vendor.records("users")).toEqual([
      expect.objectContaining({ external_id: "res.partner,43", organization_id: 1, phone: "+32 2 1" }),
    ]);
    const gone = input({ key: "res.partner,43", type: "user", operation: "delete", externalId: "2" });
    expect(await connection.connector.deliver([gone], running())).toMatchObject([{ ok: true, removed: true }]);
    expect(vendor.records("users")).toEqual([]);
  });

  it("says in the vendor's words and place why a record was refused", async () => {
    const other = { ...COMPANY, id: 44, name: "refused" };
    // The specification describes no refusals, so this one goes past the proxy.
    const direct = connected(vendor.url);
    expect(await send("customer", other, {}, direct)).toMatchObject({
      ok: false,
      failure: { kind: "data", message: expect.stringContaining("Record validation errors") as string },
    });
    await direct.connector.close();
  });
});

/** The specification forgets that an upsert of an organization has a body: the same as its create. */
function withBodies(file: string, folder: string): string {
  const document = JSON.parse(readFileSync(file, "utf8")) as { paths: Record<string, { post: JsonObject }> };
  const upsert = document.paths["/api/v2/organizations/create_or_update"];
  const create = document.paths["/api/v2/organizations"];
  if (upsert && create) upsert.post["requestBody"] ??= create.post["requestBody"] ?? {};
  const copy = path.join(folder, "openapi.json");
  writeFileSync(copy, JSON.stringify(document));
  return copy;
}

/** As much of the vendor as the folder uses, by its public documentation. */
class Vendor {
  signedAs = "";
  private readonly tables: Record<string, Map<number, JsonObject>> = { organizations: new Map(), users: new Map() };
  private lastId = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Vendor> {
    const server = createServer();
    const vendor = new Vendor(server);
    server.on("request", (request, response) => {
      void vendor.answer(request).then(([status, body]) => {
        response.writeHead(status, { "content-type": "application/json" });
        response.end(body === null ? undefined : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return vendor;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  records(table: string): JsonObject[] {
    return [...(this.tables[table]?.values() ?? [])];
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage): Promise<[number, JsonObject | null]> {
    const [, credentials = ""] = (request.headers.authorization ?? "").split(" ");
    this.signedAs = Buffer.from(credentials, "base64").toString();
    const url = new URL(request.url ?? "/", this.url);
    const [table = "", action = ""] = url.pathname.replace("/api/v2/", "").split("/");
    const one = table.slice(0, -1);
    const rows = this.tables[table] ?? new Map<number, JsonObject>();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const given = text === "" ? {} : ((JSON.parse(text) as Record<string, JsonObject>)[one] ?? {});
    if (given["name"] === "refused")
      return [422, { error: "RecordInvalid", description: "Record validation errors", details: {} }];
    const external = url.searchParams.get("external_id") ?? given["external_id"];
    const known = [...rows.values()].find((row) => row["external_id"] === external && external !== undefined);
    if (action === "me") return [200, { user: { id: 9, name: "Ann" } }];
    if (action === "search") return [200, { [table]: known ? [known] : [] }];
    if (request.method === "DELETE") {
      const row = rows.get(Number(action));
      rows.delete(Number(action));
      return table === "users" ? [200, { user: { ...row, active: false } }] : [204, null];
    }
    const id = Number(action) || Number(known?.["id"] ?? 0) || (this.lastId += 1);
    if (request.method === "GET") return [200, { [one]: rows.get(id) ?? {} }];
    const status = rows.has(id) ? 200 : 201;
    rows.set(id, { ...rows.get(id), ...given, id });
    return [status, { [one]: rows.get(id) ?? {} }];
  }
}
