/** `npm run canonical-page`: writes docs/canonical.md from the canonical schemas and the Odoo mappings. A test fails while the page is stale. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Json, JsonObject } from "../../sidecar/domain/json";
import { type CanonicalObject, CanonicalObjects } from "../../sidecar/mapping/canonical";
import type { LifecycleDefinition } from "../../sidecar/mapping/lifecycle";
import { canonicalSchemas } from "../../sidecar/mapping/load";
import { loadMappings } from "../../sidecar/mapping/registry";

/** Which canonical objects are a business object of the requirements; where it is part of another one, why. */
export const COVERS: { id: string; name: string; objects: string[]; note?: string }[] = [
  {
    id: "OBJ-01",
    name: "Customer account",
    objects: ["customer"],
    note: "One party with its parent; a billing entity is a customer too.",
  },
  { id: "OBJ-02", name: "Contact person", objects: ["contact"] },
  { id: "OBJ-03", name: "Lead and opportunity", objects: ["opportunity"], note: "In Odoo both are one record." },
  {
    id: "OBJ-04",
    name: "Quote, scope, statement of work",
    objects: ["contract"],
    note: "A contract in the state quoted: in Odoo the quotation becomes the order.",
  },
  { id: "OBJ-05", name: "Contract", objects: ["contract"] },
  {
    id: "OBJ-06",
    name: "Contract line",
    objects: ["contract_line"],
    note: "Also in the contract's lines; here with what was delivered and billed.",
  },
  { id: "OBJ-07", name: "Contract amendment", objects: ["amendment"], note: "No model in Odoo's community edition." },
  { id: "OBJ-08", name: "Project", objects: ["project"] },
  { id: "OBJ-09", name: "Milestone", objects: ["milestone"] },
  { id: "OBJ-10", name: "Task and work breakdown", objects: ["task"], note: "The tree is the task's parent." },
  { id: "OBJ-11", name: "Project budget", objects: ["budget"], note: "No model in Odoo's community edition." },
  { id: "OBJ-12", name: "Purchase commitment", objects: ["purchase"] },
  { id: "OBJ-13", name: "Subcontractor or vendor and their cost", objects: ["vendor", "vendor_bill"] },
  { id: "OBJ-14", name: "Consultant, employee, resource", objects: ["employee"] },
  {
    id: "OBJ-15",
    name: "Organisational attributes",
    objects: ["department", "employee"],
    note: "What one person has is with the employee; cost centres are analytic accounts.",
  },
  { id: "OBJ-16", name: "Leave and availability", objects: ["leave"] },
  {
    id: "OBJ-17",
    name: "Staffing request, placeholder, assignment",
    objects: ["assignment"],
    note: "One object in different states. No model in Odoo's community edition.",
  },
  {
    id: "OBJ-18",
    name: "Rate card and cost rate",
    objects: ["rate"],
    note: "One entry of a rate card, with the days from and to which it counts.",
  },
  { id: "OBJ-19", name: "Timesheet entry", objects: ["timesheet"] },
  { id: "OBJ-20", name: "Expense", objects: ["expense"] },
  { id: "OBJ-21", name: "Billing plan", objects: ["billing_plan"], note: "No model in Odoo's community edition." },
  { id: "OBJ-22", name: "Invoice", objects: ["invoice"] },
  {
    id: "OBJ-23",
    name: "Credit note",
    objects: ["invoice"],
    note: "An invoice of the kind credit_note, with the invoice it credits.",
  },
  {
    id: "OBJ-24",
    name: "Payment and collection status",
    objects: ["payment", "invoice"],
    note: "How much of an invoice is paid is with the invoice.",
  },
  { id: "OBJ-25", name: "Customer credit status and hold", objects: ["credit_status"] },
  { id: "OBJ-26", name: "Revenue inputs", objects: ["revenue_entry"], note: "No model in Odoo's community edition." },
  { id: "OBJ-27", name: "Accounting impact", objects: ["journal_entry"] },
  { id: "OBJ-28", name: "Analytic account and dimensions", objects: ["analytic_account"] },
  { id: "OBJ-29", name: "Payroll input", objects: ["payroll_input"] },
  {
    id: "OBJ-30",
    name: "Reference data",
    objects: ["currency", "tax", "service", "analytic_account"],
    note: "A cost centre is an analytic account.",
  },
  { id: "OBJ-31", name: "Legal entity", objects: ["legal_entity"] },
  { id: "OBJ-32", name: "Document reference", objects: ["document"] },
  { id: "OBJ-33", name: "Service-desk ticket", objects: ["ticket"], note: "No model in Odoo's community edition." },
  { id: "OBJ-34", name: "Health and risk indicator", objects: ["health"] },
  {
    id: "OBJ-35",
    name: "Dispute or billing exception",
    objects: ["dispute"],
    note: "No model in Odoo's community edition.",
  },
];

const INTRODUCTION = `# Canonical objects

Made by \`npm run canonical-page\` from \`mappings/canonical/\` and \`mappings/odoo/\`: change those, not this page.

A canonical object is the firm's own form of a business object ([mappings](mappings.md)). Every field is classified: \`public\`, \`internal\`, \`personal\`, \`commercial\` or
\`financial\`; the last three are masked for people without the group, in logs and in exports. A lifecycle says from which state to which a record may go; another step is
refused as \`transition_forbidden\`. The number behind the name is the version: it rises with every change that breaks somebody, and
\`npm run compatibility\` tells which changes do (a field or value or state removed, a new requirement, a narrower type or length, a weaker class).
`;

/** The whole page for a pack's folder. */
export function canonicalPage(pack: string): string {
  const objects = new CanonicalObjects([...canonicalSchemas(pack).values()]).all();
  const models = new Map(
    loadMappings(pack)
      .catalogue([])
      .objects.map(({ object, model }) => [object, model]),
  );
  const rows = COVERS.map(({ id, name, objects: covering, note }) => [
    id,
    name,
    covering.map((object) => `[${object}](#${object})`).join(", "),
    note ?? "",
  ]);
  const sections = objects
    .sort((a, b) => (a.object < b.object ? -1 : 1))
    .map((entry) => section(entry, models.get(entry.object)));
  return [
    INTRODUCTION,
    "## Business objects\n",
    table(["", "business object", "canonical", "note"], rows),
    ...sections,
  ].join("\n");
}

function section({ object, version, schema }: CanonicalObject, model: string | undefined): string {
  const { field, states } = schema["x-lifecycle"] as unknown as LifecycleDefinition;
  const required = schema["required"] as string[];
  const steps = Object.entries(states).map(([state, { description, next }]) => [
    `\`${state}\``,
    description,
    next.map((to) => `\`${to}\``).join(", ") || "–",
  ]);
  const fields = Object.entries(schema["properties"] as Record<string, JsonObject>).map(([name, property]) => [
    `\`${name}\`${required.includes(name) ? " \\*" : ""}`,
    typeOf(property),
    textAt(property, "x-classification"),
    textAt(property, "description"),
  ]);
  return (
    [
      `## ${object}\n`,
      `${textAt(schema, "title")}, version ${version}. ${textAt(schema, "description")}`,
      `Made from ${model === undefined ? "no model of Odoo's community edition" : `\`${model}\``}. Identified by ${(schema["x-identifiers"] as string[]).map((name) => `\`${name}\``).join(", ")}. A star marks what is required.\n`,
      table(["field", "type", "class", "meaning"], fields),
      table([`state (\`${field}\`)`, "meaning", "goes to"], steps),
    ]
      .join("\n")
      .trimEnd() + "\n"
  );
}

function textAt(schema: JsonObject, key: string): string {
  const value = schema[key];
  return typeof value === "string" ? value : "";
}

function typeOf(property: JsonObject): string {
  const reference = property["$ref"];
  if (typeof reference === "string") return reference.split("/").at(-1) ?? "";
  if (Array.isArray(property["enum"]))
    return property["enum"]
      .filter((value) => value !== null)
      .map((value) => `\`${JSON.stringify(value).replaceAll('"', "")}\``)
      .join(", ");
  const types = ([property["type"]].flat() as Json[]).filter((type) => type !== "null").map(String);
  const limits = [property["format"], property["maxLength"]].filter((limit) => limit !== undefined).map(String);
  return [types.join(" or "), ...limits].join(", ");
}

/** Columns lined up as the formatter lines them up. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line), ""].join("\n");
}

if (require.main === module) writeFileSync(path.resolve("docs/canonical.md"), canonicalPage(path.resolve("mappings")));
