import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { HOST } from "../machine/ports";
import { Flow } from "./flow";

export interface LinkOptions {
  name: string;
  /** Where the sidecar connects; 0 for any free port. */
  port: number;
  /** Port of the service on this machine. */
  target: number;
}

/** How a link treats what passes. */
export interface LinkState {
  /** Nothing passes; connections stay open and say nothing, as when packets are lost. */
  blocked: boolean;
  /** A round trip takes so much longer, in milliseconds. */
  delayMs: number;
}

/** While the service is away, connections are refused as it would refuse them; it is looked for so often. */
const LOOK_AGAIN_MS = 50;

/** The way from the sidecar to one service: a TCP proxy that can be blocked or slowed for the sidecar alone. */
export class Link {
  readonly name: string;
  private state: LinkState = { blocked: false, delayMs: 0 };
  private readonly pairs = new Set<{ sockets: Socket[]; flows: Flow[] }>();
  private server: Server | null = null;
  private look: NodeJS.Timeout | null = null;
  private closed = false;
  private port: number;

  constructor(private readonly options: LinkOptions) {
    this.name = options.name;
    this.port = options.port;
  }

  async open(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (from) =>
      this.pass(from),
    );
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.port, HOST, () => resolve());
    });
    // The same port again when the service has been away.
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  status(): LinkState & LinkOptions & { connections: number } {
    const { name, target } = this.options;
    return { name, port: this.port, target, ...this.state, connections: this.pairs.size };
  }

  set(change: Partial<LinkState>): void {
    this.state = { ...this.state, ...change };
    for (const { flows } of this.pairs) for (const flow of flows) flow.changed();
  }

  close(): void {
    this.closed = true;
    if (this.look) clearTimeout(this.look);
    for (const { sockets } of this.pairs) for (const socket of sockets) socket.destroy();
    this.stopListening();
  }

  private pass(from: Socket): void {
    const to = connect({ host: HOST, port: this.options.target, allowHalfOpen: true, noDelay: true });
    const flows = [new Flow(from, to, () => this.state), new Flow(to, from, () => ({ ...this.state, delayMs: 0 }))];
    const pair = { sockets: [from, to], flows };
    this.pairs.add(pair);
    from.once("close", () => this.pairs.delete(pair));
    // Whether the service ended the connection or the service ended shows in whether it takes another one.
    to.once("close", () => void this.lookForService());
  }

  private async lookForService(): Promise<void> {
    if (this.closed || this.state.blocked || this.look) return;
    if (await accepts(this.options.target)) {
      if (!this.server?.listening) await this.open().catch(() => undefined);
      if (this.server?.listening) return;
    } else if (this.server?.listening) {
      this.stopListening();
    }
    if (this.closed) return;
    this.look ??= setTimeout(() => {
      this.look = null;
      void this.lookForService();
    }, LOOK_AGAIN_MS);
  }

  private stopListening(): void {
    this.server?.close();
    this.server = null;
  }
}

async function accepts(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: HOST, port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
