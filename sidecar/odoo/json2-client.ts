import { Agent, request } from "undici";
import type { Json } from "../domain/json";
import { isNotOdoo, notOdoo, odooFault, odooUnreachable } from "./faults";
import type { CallOptions, RecordClient } from "./record-client";
import { storableJson } from "../domain/storable";

export interface Json2Options {
  url: string;
  database: string;
  apiKey: string;
  timeoutMs: number;
}

/** Odoo 19 and later: `POST /json/2/<model>/<method>` with named arguments and a bearer key. */
export class Json2Client implements RecordClient {
  private readonly agent: Agent;

  constructor(private readonly options: Json2Options) {
    this.agent = new Agent({
      connections: 8,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      connectTimeout: Math.min(options.timeoutMs, 10_000),
    });
  }

  async call<Answer>(
    model: string,
    method: string,
    args: Record<string, Json>,
    options: CallOptions = {},
  ): Promise<Answer> {
    const place = `${model}.${method}`;
    const { ids, context, signal } = options;
    const body = { ...args, ...(ids ? { ids } : {}), ...(context ? { context } : {}) };
    let status: number;
    let text: string;
    let location: unknown;
    try {
      const answer = await request(
        `${this.options.url}/json/2/${encodeURIComponent(model)}/${encodeURIComponent(method)}`,
        {
          method: "POST",
          dispatcher: this.agent,
          headers: {
            authorization: `bearer ${this.options.apiKey}`,
            "content-type": "application/json",
            "x-odoo-database": this.options.database,
            "user-agent": "odoo-integration-hub",
          },
          body: storableJson(body),
          ...(signal ? { signal } : {}),
        },
      );
      status = answer.statusCode;
      location = answer.headers["location"];
      text = await answer.body.text();
    } catch (cause) {
      throw odooUnreachable(place, cause);
    }
    const parsed = parse(text);
    if (isNotOdoo(status, parsed)) throw notOdoo(place, status, location);
    if (status < 300) return parsed as Answer;
    const fault = parsed as { name?: unknown; message?: unknown } | null | undefined;
    throw odooFault({
      status,
      name: typeof fault?.name === "string" ? fault.name : null,
      message: typeof fault?.message === "string" ? fault.message : "",
      place,
    });
  }

  async check(): Promise<void> {
    await this.call("res.users", "context_get", {});
  }

  async close(): Promise<void> {
    await this.agent.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
