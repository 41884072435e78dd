import { bundledMappings } from "../../sidecar/config/load";
import type { Connector, DeliverInput, DeliverResult } from "../../sidecar/connectors";
import type { VendorRecord } from "../../sidecar/connectors/fetch";
import type { ReadCall } from "../../sidecar/connectors/record-source";
import type { Json } from "../../sidecar/domain/json";
import { loadMappings } from "../../sidecar/mapping/registry";
import { startSandbox, type Sandbox } from "../sandbox/sandbox";
import { connect, definitionOf, running } from "../unit/connectors/connect";
import { neverSent, requestsOf } from "./coverage";
import { startPrism, type Prism } from "./prism";

/** A vendor's connector talking to its sandbox through a proxy that checks both against the vendor's specification. */
export interface ContractRun {
  url: string;
  sandbox: Sandbox;
  connector: Connector;
  /** Delivers one; a violation of the specification shows as a failure with Prism's words. */
  deliver(input: DeliverInput): Promise<DeliverResult>;
  /** Reads one as it is now: its record, null where there is none; a violation of the specification throws with Prism's words. */
  fetch(type: string, id: string): Promise<(VendorRecord & { url: string | null }) | null>;
  /** Ids of all that a type's list of changes names, from the beginning. */
  listed(type: string): Promise<string[]>;
  /** Requests of the definition that this run has not sent yet. */
  unproved(): string[];
  stop(): Promise<void>;
}

const call = (): ReadCall => ({ priority: 50, traceparent: "", signal: running() });

export async function startContractRun(code: string, spec: string): Promise<ContractRun> {
  const heard = new Set<string>();
  const prefix = `/${code}`;
  const onRequest = (method: string, path: string): void => {
    if (path.startsWith(`${prefix}/`)) heard.add(`${method} ${path.slice(prefix.length)}`);
  };
  const sandbox = await startSandbox({ port: 0, onRequest });
  const prism: Prism = await startPrism(spec, `${sandbox.url}${prefix}`);
  const connector = connect(code, prism.url);
  const { inbound } = loadMappings(bundledMappings());
  const requests = requestsOf(definitionOf(code).definition as unknown as Json);
  return {
    url: prism.url,
    sandbox,
    connector,
    async deliver(input) {
      const [result] = await connector.deliver([input], running());
      if (!result) throw new Error("no result");
      // What was written can be read as the definition says, and the vendor's specification allows it.
      if (result.ok && input.operation === "upsert")
        await connector.compare({ ...input, externalId: result.externalId }, running());
      return result;
    },
    async fetch(type, id) {
      const [result] = await connector.source.fetch(type, [id], { ...call(), reads: inbound.reads(code, type) });
      if (result && "found" in result) return result.found;
      throw new Error(result?.failure.message ?? "no result");
    },
    async listed(type) {
      const ids: string[] = [];
      for await (const { changes } of connector.source.changes(type, null, call())) {
        ids.push(...changes.filter(({ deleted }) => !deleted).map(({ id }) => id));
      }
      return ids;
    },
    unproved: () => neverSent(requests, heard),
    async stop() {
      await connector.close();
      await prism.stop();
      await sandbox.close();
    },
  };
}
