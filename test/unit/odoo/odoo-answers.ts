import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  method: string;
  url: string;
  headers: IncomingMessage["headers"];
  body: unknown;
}

/** A server that notes what it is asked and answers what the test tells it: for answers a real Odoo gives only in bad moments. */
export class OdooAnswers {
  readonly asked: Asked[] = [];
  /** Decides the answer; text is sent as it is, everything else as JSON. Null drops the connection, "silence" never answers. */
  answer: (asked: Asked) => { status?: number; headers?: Record<string, string>; body: unknown } | "silence" | null =
    () => ({ body: true });

  private constructor(private readonly server: Server) {}

  static async start(): Promise<OdooAnswers> {
    const server = createServer();
    const answers = new OdooAnswers(server);
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = JSON.parse(Buffer.concat(chunks).toString() || "null") as unknown;
        const asked = { method: request.method ?? "", url: request.url ?? "", headers: request.headers, body };
        answers.asked.push(asked);
        const answer = answers.answer(asked);
        if (!answer) request.socket.destroy();
        else if (answer !== "silence") {
          response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
          response.end(typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body));
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return answers;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
