import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Connector } from "../../../sidecar/connectors";
import type { JsonObject } from "../../../sidecar/domain/json";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { connect, input, running } from "./connect";

const SYSTEMS = path.resolve(__dirname, "../../../mappings/systems");

interface Example {
  name: string;
  object: string;
  canonical: { id: string };
  /** `company res.partner,42` → the vendor's id. */
  links?: Record<string, string>;
  document: JsonObject;
  missingLinks?: unknown[];
}

const read = <T>(file: string): T => JSON.parse(readFileSync(file, "utf8")) as T;

/** The worked examples of a system's mappings whose links are all there. */
function examplesOf(code: string): Example[] {
  const folder = path.join(SYSTEMS, code, "examples");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => read<Example>(path.join(folder, file)))
    .filter(({ missingLinks }) => missingLinks === undefined);
}

const typeOf = (code: string, object: string): string =>
  read<{ target: { type: string } }>(path.join(SYSTEMS, code, "mappings", `${object}.json`)).target.type;

/** Mappings and connectors are written apart: here each document that a mapping makes meets the connector it is made for. */
describe.each(["hubspot", "asana", "bamboohr"])("what the mappings to %s make", (code) => {
  let sandbox: Sandbox;
  let connector: Connector;
  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 });
  });
  afterAll(() => sandbox.close());
  beforeEach(() => {
    sandbox.reset();
    connector = connect(code, `${sandbox.url}/${code}`);
  });
  afterEach(() => connector.close());

  /** The document with ids of records that are really there in the place of the example's. */
  const linked = ({ document, links = {} }: Example): JsonObject => {
    let text = JSON.stringify(document);
    for (const [link, id] of Object.entries(links)) {
      const [type = ""] = link.split(" ");
      const record = sandbox.store.table(code, type)?.insert({ name: "linked", notes: "", projects: [] });
      if (record) text = text.replaceAll(JSON.stringify(id), JSON.stringify(record.id));
    }
    return JSON.parse(text) as JsonObject;
  };

  it.each(examplesOf(code))("is taken by the vendor: $name", async (example) => {
    const type = typeOf(code, example.object);
    const [result] = await connector.deliver(
      [input({ key: example.canonical.id, type, document: linked(example) })],
      running(),
    );
    expect(result).toMatchObject({ ok: true });
  });
});
