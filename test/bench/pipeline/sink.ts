/** A process of its own that stands for the fastest possible vendor: it reads each request's body and answers 201 with an id. */
import { createServer, type ServerResponse } from "node:http";
import { serveParent } from "./child";

let received = 0;
/** Ids are never given twice: a second record with the id of another one is held. */
let made = 0;
let firstAt: number | null = null;
let delayMs = 0;
/** When each key arrived, where the parent asked for it. */
let arrivals: Map<string, number> | null = null;

function answer(response: ServerResponse, body: string): void {
  const send = (): void => {
    response.writeHead(201, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
    response.end(body);
  };
  if (delayMs > 0) setTimeout(send, delayMs);
  else send();
}

const server = createServer((request, response) => {
  firstAt ??= now();
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (request.url === "/records/batch") {
      const { items } = JSON.parse(Buffer.concat(chunks).toString()) as { items: { key: string }[] };
      received += items.length;
      answer(response, JSON.stringify({ results: items.map(({ key }) => ({ key, id: `sink-${key}` })) }));
      return;
    }
    received += 1;
    if (arrivals) arrivals.set((JSON.parse(Buffer.concat(chunks).toString()) as { key: string }).key, now());
    answer(response, `{"id":"sink-${(made += 1)}"}`);
  });
});
server.keepAliveTimeout = 60_000;

/** Milliseconds on the machine's monotonic clock, the same in every process. */
function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  serveParent({
    url: () => `http://127.0.0.1:${port}`,
    reset: (options) => {
      const { delayMs: wait = 0, noteArrivals = false } = options as { delayMs?: number; noteArrivals?: boolean };
      received = 0;
      firstAt = null;
      delayMs = wait;
      arrivals = noteArrivals ? new Map() : null;
    },
    state: () => ({ received, firstAt }),
    arrivals: () => [...(arrivals ?? [])],
  });
});
