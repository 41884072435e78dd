import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

type Node = { [key: string]: unknown };

/**
 * A copy of a specification whose schemas can all be compiled. Vendors publish schemas that are not quite valid (an enum that
 * lists null twice, `nullable` without a type), and Prism lets every body pass whose schema does not compile, without a word:
 * the contract tests would prove nothing.
 */
export async function repairedSpec(file: string): Promise<{ file: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), "hub-spec-"));
  const copy = path.join(folder, "openapi.json");
  await writeFile(copy, JSON.stringify(repaired(JSON.parse(await readFile(file, "utf8")))));
  return { file: copy, remove: () => rm(folder, { recursive: true, force: true }) };
}

function repaired(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(repaired);
  if (typeof value !== "object" || value === null) return value;
  const node: Node = Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, repaired(entry)]));
  if (Array.isArray(node["enum"])) {
    // with `nullable`, null is added once more when Prism converts the schema
    const values = [...new Set(node["enum"])];
    node["enum"] = node["nullable"] === true ? values.filter((entry) => entry !== null) : values;
  }
  // An empty list says that an operation takes and answers nothing, and nothing is then checked.
  for (const name of ["produces", "consumes"]) {
    if (Array.isArray(node[name]) && node[name].length === 0) node[name] = ["application/json"];
  }
  // An identifier, declared as the vendor's program holds it; its own examples are texts (Clockify's TimeEntryId).
  const { type, example } = node;
  if (type === "object" && Array.isArray(example) && example.every((entry) => typeof entry === "string"))
    return { type: "string" };
  if (node["nullable"] === true && node["type"] === undefined) {
    delete node["nullable"];
    return { anyOf: [node, { type: "string", nullable: true, enum: ["null instead of the object"] }] };
  }
  return node;
}
