import { createServer, connect, type AddressInfo, type Server, type Socket } from "node:net";
import { request } from "undici";
import { startLinks, type Links } from "../../stack/links/links";
import { freePort, HOST } from "../../stack/machine/ports";
import { waitFor } from "../../support/wait-for";

/** The stack's network faults are worth what these do (TST-11). */
describe("a link between the sidecar and a service", () => {
  let service: Server;
  let links: Links;
  let port: number;
  let target: number;
  const open = new Set<Socket>();

  const listen = async (at: number): Promise<void> => {
    service = createServer({ noDelay: true }, (socket) => {
      open.add(socket.on("error", () => undefined));
      socket.pipe(socket);
    });
    await new Promise<void>((resolve) => service.listen(at, HOST, resolve));
    target = (service.address() as AddressInfo).port;
  };
  const stopService = async (): Promise<void> => {
    for (const socket of open) socket.destroy();
    open.clear();
    await new Promise((resolve) => service.close(resolve));
  };
  const set = async (state: object): Promise<number> => {
    const answer = await request(`${links.url}/echo`, { method: "PUT", body: JSON.stringify(state) });
    await answer.body.dump();
    return answer.statusCode;
  };
  const connections = async (): Promise<number> => {
    const answer = await request(`${links.url}/echo`);
    return ((await answer.body.json()) as { connections: number }).connections;
  };
  const dial = async (to = port): Promise<Socket> =>
    await new Promise((resolve, reject) => {
      const socket = connect({ host: HOST, port: to, noDelay: true }, () => resolve(socket));
      open.add(socket);
      socket.once("error", reject);
    });
  const echo = async (socket: Socket, text: string): Promise<number> => {
    const started = performance.now();
    socket.write(text);
    let heard = "";
    await new Promise<void>((resolve) => {
      const listener = (chunk: Buffer): void => {
        heard += chunk.toString();
        if (heard !== text) return;
        socket.off("data", listener);
        resolve();
      };
      socket.on("data", listener);
    });
    return performance.now() - started;
  };

  beforeEach(async () => {
    await listen(0);
    port = await freePort();
    links = await startLinks(0, [{ name: "echo", port, target }]);
  });
  afterEach(async () => {
    links.close();
    await stopService();
  });

  it("passes everything on in order", async () => {
    const text = Array.from({ length: 200_000 }, (_, n) => String.fromCharCode(97 + (n % 26))).join("");
    await echo(await dial(), text);
  });

  it("blocked, stays open and silent; unblocked, goes on where it was", async () => {
    const socket = await dial();
    await echo(socket, "before");
    await set({ blocked: true });
    let answers = 0;
    const count = (): void => void (answers += 1);
    const heard = echo(socket, "during").then(count);
    const fresh = dial()
      .then(async (other) => await echo(other, "fresh"))
      .then(count);
    await waitFor("the link to hold both connections", async () => (await connections()) === 2);
    // What goes past the link is answered all the while.
    const past = await dial(target);
    for (let n = 0; n < 100; n += 1) await echo(past, "past the link");
    expect(answers).toBe(0);
    await set({ blocked: false });
    await Promise.all([heard, fresh]);
    expect(answers).toBe(2);
  });

  it("slowed, takes so much longer for a round trip and keeps the order", async () => {
    const socket = await dial();
    await set({ delayMs: 120 });
    expect(await echo(socket, "slow")).toBeGreaterThanOrEqual(115);
    await set({ delayMs: 0 });
    expect(await echo(socket, "fast")).toBeLessThan(115);
  });

  it("refuses connections while its service is away, as the service would, and takes them again by itself", async () => {
    const socket = await dial();
    const gone = new Promise((resolve) => socket.once("close", resolve));
    await stopService();
    await gone;
    await waitFor("the link to refuse", async () =>
      dial().then(
        () => false,
        (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
      ),
    );
    await listen(target);
    await waitFor("the link to be back", async () => (await echo(await dial(), "again")) > 0);
  });

  it("is told what to do in words it knows, or refuses", async () => {
    expect(await set({ blokced: true })).toBe(400);
    expect(await set({ delayMs: -1 })).toBe(400);
    expect((await request(`${links.url}/nothing`, { method: "PUT", body: "{}" })).statusCode).toBe(404);
  });
});
