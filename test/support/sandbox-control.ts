import { request } from "undici";
import type { JournalEntry } from "../sandbox/journal";
import type { SentWebhook, Subscription, Wrong } from "../sandbox/webhooks/webhooks";

/** The vendors' stand-ins from the outside, through their control interface (docs/sandbox.md). */
export class SandboxControl {
  constructor(private readonly url: string) {}

  /** Makes the next matching requests fail as described; answers the fault's id. */
  async fail(fault: object): Promise<void> {
    await this.send("POST", "faults", fault);
  }

  async heal(): Promise<void> {
    await this.send("DELETE", "faults");
  }

  /** The tokens that a system accepts; null for those it accepts by default. */
  async accept(system: string, tokens: string[] | null): Promise<void> {
    await this.send("PUT", "tokens", { system, tokens });
  }

  async records(system: string, type: string): Promise<Record<string, unknown>[]> {
    return (await this.send("GET", `records/${system}/${type}`)) as Record<string, unknown>[];
  }

  /** The writes that were received, oldest first. */
  async journal(system?: string): Promise<JournalEntry[]> {
    const query = system === undefined ? "" : `?system=${system}`;
    return (await this.send("GET", `journal${query}`)) as JournalEntry[];
  }

  /** A person at the vendor adds a record. */
  async add(system: string, type: string, fields: object): Promise<{ id: string }> {
    return (await this.send("POST", `records/${system}/${type}`, fields)) as { id: string };
  }

  /** A person at the vendor changes a record: only these fields. */
  async change(system: string, type: string, id: string, fields: object): Promise<void> {
    await this.send("PATCH", `records/${system}/${type}/${id}`, fields);
  }

  async remove(system: string, type: string, id: string): Promise<void> {
    await this.send("DELETE", `records/${system}/${type}/${id}`);
  }

  /** Where a vendor's webhooks go from now on. */
  async subscribe(subscription: Subscription): Promise<void> {
    await this.send("PUT", "webhooks", subscription);
  }

  /** What a vendor posted; waits up to `waitMs` until all of it was taken or given up. */
  async webhooks(system: string, waitMs = 0): Promise<{ idle: boolean; sent: SentWebhook[] }> {
    const answer = await this.send("GET", `webhooks?system=${system}&wait_ms=${waitMs}`);
    return answer as { idle: boolean; sent: SentWebhook[] };
  }

  /** Sends one message about a record now, right or wrong; answers the receiver's status. */
  async notify(message: {
    system: string;
    type: string;
    id: string;
    effect?: "created" | "updated" | "deleted";
    wrong?: Wrong;
  }): Promise<number | null> {
    return ((await this.send("POST", "webhooks/send", message)) as { status: number | null }).status;
  }

  private async send(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: object,
  ): Promise<unknown> {
    const answer = await request(`${this.url}/_sandbox/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 400)
      throw new Error(`The sandbox answered ${answer.statusCode} to ${method} ${path}: ${text}`);
    return text === "" ? null : (JSON.parse(text) as unknown);
  }
}
