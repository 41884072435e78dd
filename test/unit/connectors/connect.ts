import path from "node:path";
import {
  createConnector,
  loadDefinition,
  type Clock,
  type Connector,
  type DeliverInput,
} from "../../../sidecar/connectors";
import type { JsonObject } from "../../../sidecar/domain/json";

import { WORKSPACE } from "../../sandbox/vendors/clockify-answers";
import { ACCOUNT } from "../../sandbox/vendors/docusign-answers";

const MAPPINGS = path.resolve(__dirname, "../../../mappings");

/** Seconds since the tests' moment; moving it replaces waiting. */
export class TestClock implements Clock {
  private offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.offsetMs);
  }

  forward(ms: number): void {
    this.offsetMs += ms;
  }
}

export const definitionOf = (code: string) =>
  loadDefinition(path.join(MAPPINGS, "systems", code), path.join(MAPPINGS, "schema"));

/** The vendor's connector as the sidecar makes it, pointed at a sandbox (or at a checking proxy before it). */
export function connect(
  code: string,
  baseUrl: string,
  options: { credentials?: JsonObject; settings?: JsonObject; clock?: Clock } = {},
): Connector {
  return createConnector({
    code,
    definition: definitionOf(code),
    connection: {
      baseUrl,
      settings: options.settings ?? sandboxSettings(code),
      credentials: options.credentials ?? demoCredentials(code),
    },
    ...(options.clock ? { clock: options.clock } : {}),
  });
}

/** Settings without a default: those of the sandbox's one account. */
function sandboxSettings(code: string): JsonObject {
  if (code === "docusign") return { accountId: ACCOUNT };
  return code === "clockify" ? { workspaceId: WORKSPACE } : {};
}

export function demoCredentials(code: string): JsonObject {
  return code === "bamboohr" || code === "clockify" ? { apiKey: "demo" } : { accessToken: "demo" };
}

/** One delivery with everything a test does not care about filled in. */
export function input(values: Partial<DeliverInput> & Pick<DeliverInput, "key" | "type">): DeliverInput {
  return {
    operation: "upsert",
    priority: 50,
    document: {},
    externalId: null,
    verify: false,
    idempotencyKey: `test:${values.key}`,
    firstAttemptAt: null,
    lastAttemptAt: null,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ...values,
  };
}

export const running = (): AbortSignal => new AbortController().signal;
