import { request } from "undici";
import type { JournalEntry } from "../sandbox/journal";

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

  private async send(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<unknown> {
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
