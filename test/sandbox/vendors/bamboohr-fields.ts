import type { Fields, Table } from "../store";

/** Fields of a fresh account, and the one the hub's instructions ask to add. */
export const KNOWN = new Set([
  "firstName",
  "lastName",
  "middleName",
  "preferredName",
  "workEmail",
  "homeEmail",
  "workPhone",
  "mobilePhone",
  "homePhone",
  "jobTitle",
  "department",
  "division",
  "location",
  "hireDate",
  "terminationDate",
  "employeeNumber",
  "supervisor",
  "supervisorEId",
  "employmentHistoryStatus",
  "status",
  "address1",
  "city",
  "state",
  "zipcode",
  "country",
  "customOdooReference",
]);

/** What a company's directory shows. */
export const IN_DIRECTORY = [
  "displayName",
  "firstName",
  "lastName",
  "preferredName",
  "jobTitle",
  "workPhone",
  "mobilePhone",
  "workEmail",
  "department",
  "location",
  "division",
];

/** The first field with a value that cannot be, in the vendor's words; null when all are fine. */
export function invalidField(fields: Fields, table: Table, self: string | null): string | null {
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || value === "") continue;
    if (/Date$/.test(name) && !(typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value))) {
      return `Invalid value for field '${name}'`;
    }
    if (name === "status" && value !== "Active" && value !== "Inactive") return `Invalid value for field 'status'`;
    if (name === "workEmail" && typeof value === "string") {
      if (!value.includes("@")) return `Invalid value for field 'workEmail'`;
      const owner = table.live().find((record) => sameText(record.fields["workEmail"], value));
      if (owner && owner.id !== self) return `Duplicate value for field 'workEmail'`;
    }
  }
  return null;
}

function sameText(a: unknown, b: string): boolean {
  return typeof a === "string" && a.toLowerCase() === b.toLowerCase();
}
