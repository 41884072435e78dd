import { JSONRPCClient, JSONRPCErrorException, type JSONRPCRequest, type JSONRPCResponse } from "json-rpc-2.0";
import { Agent, request } from "undici";
import type { HubError } from "../domain/errors";
import type { Json } from "../domain/json";
import { isNotOdoo, notOdoo, odooFault, odooUnreachable } from "./faults";
import type { CallOptions, RecordClient } from "./record-client";
import { storableJson } from "../domain/storable";

export interface JsonRpcOptions {
  url: string;
  database: string;
  login: string;
  /** An API key or a password: this protocol takes either. */
  apiKey: string;
  timeoutMs: number;
}

interface Transfer {
  place: string;
  /** Why there was no answer; the library would replace it by an error of its own. */
  fault?: HubError;
  signal?: AbortSignal;
}

/** Odoo 17 and 18 (and 19, where it is deprecated): `POST /jsonrpc`. Errors come as HTTP 200 with `error.data`. */
export class JsonRpcClient implements RecordClient {
  private readonly agent: Agent;
  private readonly rpc: JSONRPCClient<Transfer>;
  private userId: Promise<number> | null = null;

  constructor(private readonly options: JsonRpcOptions) {
    this.agent = new Agent({
      connections: 8,
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      connectTimeout: Math.min(options.timeoutMs, 10_000),
    });
    this.rpc = new JSONRPCClient<Transfer>((payload: JSONRPCRequest, transfer) => this.send(payload, transfer));
  }

  async call<Answer>(
    model: string,
    method: string,
    args: Record<string, Json>,
    options: CallOptions = {},
  ): Promise<Answer> {
    const uid = await this.signIn(options.signal);
    const { ids, context, signal } = options;
    const named = { ...args, ...(context ? { context } : {}) };
    const parameters = [this.options.database, uid, this.options.apiKey, model, method, ids ? [ids] : [], named];
    return (await this.service("object", "execute_kw", parameters, `${model}.${method}`, signal)) as Answer;
  }

  async check(): Promise<void> {
    this.userId = null;
    await this.signIn();
  }

  async close(): Promise<void> {
    await this.agent.close();
  }

  /** The service user's id, asked once; asked again after a refusal. */
  private async signIn(signal?: AbortSignal): Promise<number> {
    this.userId ??= this.authenticate(signal);
    try {
      return await this.userId;
    } catch (thrown) {
      this.userId = null;
      throw thrown;
    }
  }

  private async authenticate(signal?: AbortSignal): Promise<number> {
    const { database, login, apiKey } = this.options;
    const place = "common.authenticate";
    const uid = await this.service("common", "authenticate", [database, login, apiKey, {}], place, signal);
    if (typeof uid === "number") return uid;
    throw odooFault({ status: 401, name: "odoo.exceptions.AccessDenied", message: "", place });
  }

  private async service(
    service: string,
    method: string,
    args: unknown[],
    place: string,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const transfer: Transfer = { place, ...(signal ? { signal } : {}) };
    try {
      return (await this.rpc.request("call", { service, method, args }, transfer)) as unknown;
    } catch (thrown) {
      if (transfer.fault) throw transfer.fault;
      if (!(thrown instanceof JSONRPCErrorException)) throw odooUnreachable(place, thrown);
      const data = (thrown.data ?? {}) as { name?: unknown; message?: unknown };
      throw odooFault({
        status: 200,
        name: typeof data.name === "string" ? data.name : null,
        message: typeof data.message === "string" ? data.message : thrown.message,
        place,
      });
    }
  }

  private async send(payload: JSONRPCRequest, transfer: Transfer): Promise<void> {
    try {
      this.rpc.receive(await this.exchange(payload, transfer));
    } catch (thrown) {
      transfer.fault = thrown as HubError;
      throw thrown;
    }
  }

  private async exchange(payload: JSONRPCRequest, { place, signal }: Transfer): Promise<JSONRPCResponse> {
    let status: number;
    let text: string;
    let location: unknown;
    try {
      const answer = await request(`${this.options.url}/jsonrpc`, {
        method: "POST",
        dispatcher: this.agent,
        headers: { "content-type": "application/json", "user-agent": "odoo-integration-hub" },
        body: storableJson(payload),
        ...(signal ? { signal } : {}),
      });
      status = answer.statusCode;
      location = answer.headers["location"];
      text = await answer.body.text();
    } catch (cause) {
      throw odooUnreachable(place, cause);
    }
    try {
      return JSON.parse(text) as JSONRPCResponse;
    } catch {
      if (isNotOdoo(status, undefined)) throw notOdoo(place, status, location);
      throw odooFault({ status, name: null, message: "", place });
    }
  }
}
