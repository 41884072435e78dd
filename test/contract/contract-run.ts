import type { Connector, DeliverInput, DeliverResult } from "../../sidecar/connectors";
import type { Json } from "../../sidecar/domain/json";
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
  /** Requests of the definition that this run has not sent yet. */
  unproved(): string[];
  stop(): Promise<void>;
}

export async function startContractRun(code: string, spec: string): Promise<ContractRun> {
  const heard = new Set<string>();
  const prefix = `/${code}`;
  const onRequest = (method: string, path: string): void => {
    if (path.startsWith(`${prefix}/`)) heard.add(`${method} ${path.slice(prefix.length)}`);
  };
  const sandbox = await startSandbox({ port: 0, onRequest });
  const prism: Prism = await startPrism(spec, `${sandbox.url}${prefix}`);
  const connector = connect(code, prism.url);
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
    unproved: () => neverSent(requests, heard),
    async stop() {
      await connector.close();
      await prism.stop();
      await sandbox.close();
    },
  };
}
