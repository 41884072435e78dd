import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { ClientSide, ServerSide, type Call } from "./postgres-messages";

/**
 * The moment of a call:
 * - `asked`: the sidecar has sent it, Postgres has not seen it;
 * - `half`: Postgres has a part of it;
 * - `given`: Postgres has all of it and is at work;
 * - `answered`: Postgres has committed, the sidecar has not read the answer.
 */
export type CallMoment = "asked" | "half" | "given" | "answered";

export interface CallWatch {
  name: string;
  moment: CallMoment;
  /** Only calls with these bytes in their arguments. */
  containing?: string;
  /** For `answered`: only answers with these bytes. */
  answering?: string;
}

interface Armed {
  watch: CallWatch;
  strike: () => void;
}

/** Stands between one sidecar and Postgres, passes everything on, and stops the traffic at the moment that is watched for. */
export class PostgresGate {
  private armed: Armed | null = null;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly target: { host: string; port: number },
  ) {
    server.on("connection", (client) => this.join(client));
  }

  static async open(target: { host: string; port: number }): Promise<PostgresGate> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new PostgresGate(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Calls `strike` once, at the first such moment; the traffic of that connection stands still from there. */
  watch(watch: CallWatch, strike: () => void): void {
    this.armed = { watch, strike };
  }

  unwatch(): void {
    this.armed = null;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(client: Socket): void {
    const upstream = connect(this.target);
    const link = new Link(
      client,
      upstream,
      (call) => this.wanted(call),
      () => this.fire(),
    );
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.sockets.delete(socket);
        link.end();
      });
    }
  }

  private wanted(call: Call): CallWatch | null {
    const watch = this.armed?.watch;
    if (!watch || watch.name !== call.name) return null;
    return watch.containing === undefined || call.bytes.includes(watch.containing) ? watch : null;
  }

  private fire(): void {
    const { armed } = this;
    this.armed = null;
    armed?.strike();
  }
}

/** One connection. */
class Link {
  private readonly asks = new ClientSide();
  private readonly answers = new ServerSide();
  private frozen = false;
  /** The watched call whose answer is collected instead of being passed on. */
  private pending: CallWatch | null = null;
  private collected: Buffer[] = [];

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly wanted: (call: Call) => CallWatch | null,
    private readonly fire: () => void,
  ) {
    client.on("data", (chunk: Buffer) => this.asked(chunk));
    upstream.on("data", (chunk: Buffer) => this.answered(chunk));
  }

  /** Either side is gone: Postgres ends what it is doing and then notices, as after a crash. */
  end(): void {
    this.upstream.end();
    this.client.destroy();
  }

  private asked(chunk: Buffer): void {
    if (this.frozen) return;
    for (const call of this.asks.push(chunk)) {
      const watch = this.wanted(call);
      if (!watch) continue;
      if (watch.moment === "answered") this.pending = watch;
      else return this.freeze(watch.moment, chunk, call);
    }
    this.upstream.write(chunk);
  }

  private freeze(moment: "asked" | "half" | "given", chunk: Buffer, call: Call): void {
    this.frozen = true;
    if (moment === "given") this.upstream.write(chunk);
    // The end of the chunk is the call: without it Postgres waits for the rest.
    if (moment === "half") this.upstream.write(chunk.subarray(0, chunk.length - Math.ceil(call.bytes.length / 2)));
    this.fire();
  }

  private answered(chunk: Buffer): void {
    if (this.frozen) return;
    const complete = this.answers.push(chunk);
    if (!this.pending) {
      this.client.write(chunk);
      return;
    }
    this.collected.push(chunk);
    if (!complete) return;
    const watch = this.pending;
    this.pending = null;
    if (watch.answering === undefined || Buffer.concat(this.collected).includes(watch.answering)) {
      this.frozen = true;
      return this.fire();
    }
    for (const collected of this.collected.splice(0)) this.client.write(collected);
  }
}
