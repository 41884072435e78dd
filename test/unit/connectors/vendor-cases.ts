import type { Connector, DeliverInput } from "../../../sidecar/connectors";
import type { JsonObject } from "../../../sidecar/domain/json";
import type { Sandbox } from "../../sandbox/sandbox";
import { input, running } from "./connect";

/** What the conformance suite has to know of a vendor: documents in its form, and where its sandbox keeps them. */
export interface VendorCase {
  code: string;
  type: string;
  /** Path, below the vendor's prefix, of the request that creates; for faults. */
  createPath: string;
  /** A valid document; `name` tells records apart. */
  document(name: string, world: World): JsonObject;
  /** A document that the vendor refuses, and the field it names. */
  invalid: { document(world: World): JsonObject; field: string };
  /** Where the name stands in a stored record. */
  nameOf(fields: Record<string, unknown>): unknown;
  /** What a delete comes to: gone, archived, or held because the vendor offers none. */
  deleted: "removed" | "archived" | "held";
  /** Makes what documents refer to. */
  prepare(connector: Connector): Promise<World>;
  /** Records on one page of the list that is scanned for our key; null where the vendor is asked otherwise. */
  pages: number | null;
}

export type World = Record<string, string>;

const nothing = (): Promise<World> => Promise.resolve({});

export const VENDOR_CASES: VendorCase[] = [
  {
    code: "hubspot",
    type: "company",
    createPath: "/crm/v3/objects/companies/batch/upsert",
    document: (name) => ({ properties: { name, phone: "" } }),
    invalid: { document: () => ({ properties: { name: "X", no_such_property: "1" } }), field: "no_such_property" },
    nameOf: (fields) => fields["name"],
    deleted: "removed",
    prepare: nothing,
    pages: null,
  },
  {
    code: "asana",
    type: "task",
    createPath: "/tasks",
    document: (name, { project }) => ({
      task: { name, completed: false, due_at: null, notes: "", projects: [project ?? ""] },
      section: "To do",
    }),
    invalid: {
      document: ({ project }) => ({ task: { name: "X", due_at: "soon", notes: "", projects: [project ?? ""] } }),
      field: "due_at",
    },
    nameOf: (fields) => fields["name"],
    deleted: "removed",
    prepare: async (connector) => {
      const document = { project: { name: "Data platform", notes: "", archived: false } };
      const delivery: DeliverInput = input({ key: "project.project,1", type: "project", document });
      const [result] = await connector.deliver([delivery], running());
      if (!result?.ok) throw new Error("the project for the tasks was not created");
      return { project: result.externalId };
    },
    pages: 100,
  },
  {
    code: "bamboohr",
    type: "employee",
    createPath: "/api/v1/employees",
    document: (name) => ({ firstName: name, lastName: "Peeters", status: "Active" }),
    invalid: { document: () => ({ firstName: "A", lastName: "B", hireDate: "tomorrow" }), field: "hireDate" },
    nameOf: (fields) => fields["firstName"],
    deleted: "held",
    prepare: nothing,
    pages: null,
  },
];

/** The live records of a case's type in the sandbox. */
export function recordsOf(sandbox: Sandbox, vendor: VendorCase) {
  return sandbox.store.table(vendor.code, vendor.type)?.live() ?? [];
}
