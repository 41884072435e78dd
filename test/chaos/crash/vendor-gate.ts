import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

/** `read`: the vendor's door has the whole request, the vendor has not begun; `done`: the vendor is through, its answer has not left. */
export type RequestMoment = "read" | "done";

/** What becomes of a request that was stopped: it goes on its way, or is lost. */
export interface Stopped {
  /** Resolves when the vendor is through with it. */
  go(): Promise<void>;
  lose(): void;
}

interface Armed {
  moment: RequestMoment;
  strike: (stopped: Stopped) => void;
}

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Stands between one sidecar and the vendors, passes every request on, and stops a write at the moment that is watched for. */
export class VendorGate {
  private armed: Armed | null = null;
  private readonly pool: Pool;

  private constructor(
    private readonly server: Server,
    origin: string,
  ) {
    this.pool = new Pool(origin, { connections: 64 });
    server.on("request", (request, response) => void this.pass(request, response).catch(() => response.destroy()));
  }

  static async open(origin: string): Promise<VendorGate> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new VendorGate(server, origin);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Calls `strike` once, for the first write that comes to this moment. */
  watch(moment: RequestMoment, strike: (stopped: Stopped) => void): void {
    this.armed = { moment, strike };
  }

  unwatch(): void {
    this.armed = null;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await this.pool.destroy();
  }

  private async pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const isWrite = request.method !== "GET";
    let through = (): void => undefined;
    const end = new Promise<void>((resolve) => (through = resolve));
    try {
      if (isWrite && (await this.stops("read", end))) return void response.destroy();
      const answer = await this.ask(request, body);
      if (isWrite && (await this.stops("done", end))) return void response.destroy();
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    } finally {
      through();
    }
  }

  /** True when the request was stopped here and is lost; a stopped one may also go on. */
  private async stops(moment: RequestMoment, end: Promise<void>): Promise<boolean> {
    const { armed } = this;
    if (armed?.moment !== moment) return false;
    this.armed = null;
    return new Promise<boolean>((resolve) => {
      const go = async (): Promise<void> => {
        resolve(false);
        await end;
      };
      armed.strike({ go, lose: () => resolve(true) });
    });
  }

  private async ask(request: IncomingMessage, body: Buffer): Promise<Answer> {
    const answer = await this.pool.request({
      method: request.method as "GET",
      path: request.url ?? "/",
      headers: passedOn(request.headers),
      body: body.length > 0 ? body : null,
    });
    return {
      status: answer.statusCode,
      headers: passedOn(answer.headers),
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }
}

/** Headers of one connection are no business of the other. */
const OF_A_CONNECTION = new Set(["host", "connection", "keep-alive", "transfer-encoding"]);

function passedOn(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !OF_A_CONNECTION.has(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
