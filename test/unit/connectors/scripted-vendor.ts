import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createConnector, type Clock, type Connector, type ConnectorDefinition } from "../../../sidecar/connectors";
import type { JsonObject } from "../../../sidecar/domain/json";
import type { TokenStore } from "../../../sidecar/domain/token-store";

/** A request as the vendor got it. */
export interface Heard {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingMessage["headers"];
  body: unknown;
}

type Answer = { status?: number; headers?: Record<string, string>; body?: unknown };
export type Script = (request: Heard) => Answer | "drop";

/** A real HTTP server that answers as a test says: for rules of the engine that no one vendor shows. */
export class ScriptedVendor {
  readonly heard: Heard[] = [];
  script: Script = () => ({ body: {} });
  url = "";
  private readonly server = createServer((request, response) => void this.answer(request, response));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** `POST /clients` for each request heard. */
  lines(): string[] {
    return this.heard.map(({ method, path }) => `${method} ${path}`);
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", this.url);
    const heard: Heard = {
      method: request.method ?? "",
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: text.startsWith("{") ? (JSON.parse(text) as unknown) : text,
    };
    this.heard.push(heard);
    const answer = this.script(heard);
    if (answer === "drop") return void request.socket.destroy();
    const { status = 200, headers = {}, body } = answer;
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body));
  }
}

type Parts = Partial<ConnectorDefinition>;

/** A small complete definition; a test changes what it is about. */
export function definitionWith(parts: Parts): ConnectorDefinition {
  return {
    code: "ledgerly",
    name: "Ledgerly",
    category: "finance",
    connection: { baseUrl: "https://api.ledgerly.example", check: { method: "GET", path: "/me" } },
    auth: { type: "none" },
    limits: { concurrency: 4, buckets: {} },
    objects: { client: CLIENT },
    ...parts,
  };
}

export const CLIENT: ConnectorDefinition["objects"][string] = {
  find: [
    {
      request: { method: "GET", path: "/clients", query: { reference: "{key}" } },
      records: "clients",
      match: { path: "reference", equals: "{key}" },
      id: "id",
      consistency: "strong",
    },
  ],
  create: { request: { method: "POST", path: "/clients", body: "{doc}" }, id: "id" },
  update: { request: { method: "PATCH", path: "/clients/{id}", body: "{doc}" } },
  delete: { request: { method: "DELETE", path: "/clients/{id}" } },
};

export function connectTo(
  vendor: ScriptedVendor,
  parts: Parts,
  options: { credentials?: JsonObject; clock?: Clock; tokens?: TokenStore; baseUrl?: string } = {},
): Connector {
  const credentialsSchema = { type: "object" };
  return createConnector({
    code: "ledgerly",
    definition: { definition: definitionWith(parts), credentialsSchema, folder: "test" },
    connection: { baseUrl: options.baseUrl ?? vendor.url, settings: {}, credentials: options.credentials ?? {} },
    ...(options.clock ? { clock: options.clock } : {}),
    ...(options.tokens ? { tokens: options.tokens } : {}),
  });
}
