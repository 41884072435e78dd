import type { Fields, StoredRecord } from "../store";

/** The one workspace of the stand-in. */
export const WORKSPACE = "64a687e29ae1f428e7ebe303";

/** A record in the form the vendor gives it when it is asked for alone. */
export function clockifyAnswer(type: string, record: StoredRecord): Fields {
  const { id, fields } = record;
  switch (type) {
    case "time_entry":
      return { id, ...TIME_ENTRY, ...without(fields, "invoiced", "approved"), workspaceId: WORKSPACE };
    case "expense":
      return { id, ...EXPENSE, ...fields, workspaceId: WORKSPACE };
    case "approval":
      return approvalRequest(record);
    case "user":
      return { id, ...USER, ...fields, memberships: [], defaultWorkspace: WORKSPACE, activeWorkspace: WORKSPACE };
    default:
      return { id, ...fields, workspaceId: WORKSPACE };
  }
}

const TIME_ENTRY = { billable: true, description: "", isLocked: false, tagIds: [], type: "REGULAR" };
const EXPENSE = { billable: true, isLocked: false, locked: false, notes: "", fileId: "", quantity: 1 };
const USER = { customFields: [], profilePicture: "" };

/** The fields without some of them. */
export function without(fields: Fields, ...hidden: string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !hidden.includes(name)));
}

/** Of an approval request: who, which span, and its state. Its entries are named by the list alone. */
export function approvalRequest({ id, fields, updatedAt }: StoredRecord): Fields {
  const person = { userId: fields["userId"], userName: fields["userName"] ?? "" };
  return {
    id,
    workspaceId: WORKSPACE,
    dateRange: fields["dateRange"],
    owner: { ...person, timeZone: "UTC", startOfWeek: "MONDAY" },
    creator: { ...person, userEmail: fields["userEmail"] ?? "" },
    status: { state: fields["state"], updatedAt: new Date(updatedAt).toISOString(), updatedBy: "", note: "" },
  };
}

/** A duration between two moments as ISO 8601, `PT1H30M`. */
export function duration(interval: { start: string; end: string }): string {
  const minutes = Math.round((Date.parse(interval.end) - Date.parse(interval.start)) / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return `PT${hours > 0 ? `${hours}H` : ""}${rest > 0 || hours === 0 ? `${rest}M` : ""}`;
}
