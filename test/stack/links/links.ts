import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { HOST } from "../machine/ports";
import { Link, type LinkOptions, type LinkState } from "./link";

export interface Links {
  /** Address of the control interface: `GET /` lists the links, `PUT /<name>` changes one. */
  url: string;
  close(): void;
}

/** Opens links and the interface that controls them. */
export async function startLinks(controlPort: number, options: LinkOptions[]): Promise<Links> {
  const links = new Map(options.map((one) => [one.name, new Link(one)]));
  for (const link of links.values()) await link.open();
  const server = createServer((request, response) => {
    control(links, request, response).catch((thrown: unknown) => {
      answer(response, 400, { error: thrown instanceof Error ? thrown.message : String(thrown) });
    });
  });
  await listen(server, controlPort);
  return {
    url: `http://${HOST}:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
      for (const link of links.values()) link.close();
    },
  };
}

async function control(links: Map<string, Link>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const name = (request.url ?? "/").slice(1);
  const link = links.get(name);
  if (request.method === "GET" && name === "") {
    answer(
      response,
      200,
      [...links.values()].map((one) => one.status()),
    );
  } else if (!link) {
    answer(response, 404, { error: `There is no link "${name}"; there are ${[...links.keys()].join(", ")}.` });
  } else if (request.method === "PUT") {
    link.set(stateOf(await bodyOf(request)));
    answer(response, 200, link.status());
  } else {
    answer(response, 200, link.status());
  }
}

function stateOf(body: unknown): Partial<LinkState> {
  const { blocked, delayMs, ...others } = body as Record<string, unknown>;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new Error(`There is no "${unknown}"; known are blocked and delayMs.`);
  if (blocked !== undefined && typeof blocked !== "boolean") throw new Error('"blocked" must be true or false.');
  if (delayMs !== undefined && !(Number.isFinite(delayMs) && (delayMs as number) >= 0))
    throw new Error('"delayMs" must be a number of milliseconds from 0.');
  return {
    ...(blocked === undefined ? {} : { blocked }),
    ...(delayMs === undefined ? {} : { delayMs: delayMs as number }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, HOST, () => resolve());
  });
}
