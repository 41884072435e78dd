import type { Fields } from "../store";

type Kind = "text" | "boolean" | "date" | "datetime" | "gid" | "gids" | "object";

const PROJECT: Record<string, Kind> = {
  name: "text",
  notes: "text",
  html_notes: "text",
  archived: "boolean",
  color: "text",
  icon: "text",
  default_view: "text",
  due_on: "date",
  start_on: "date",
  owner: "gid",
  team: "gid",
  workspace: "gid",
  public: "boolean",
  privacy_setting: "text",
  followers: "text",
  custom_fields: "object",
};

const TASK: Record<string, Kind> = {
  name: "text",
  notes: "text",
  html_notes: "text",
  completed: "boolean",
  due_on: "date",
  due_at: "datetime",
  start_on: "date",
  start_at: "datetime",
  assignee: "gid",
  resource_subtype: "text",
  approval_status: "text",
  liked: "boolean",
  parent: "gid",
  projects: "gids",
  workspace: "gid",
  followers: "gids",
  tags: "gids",
  custom_fields: "object",
  assignee_section: "gid",
};

/** What only the create of a type takes. */
const CREATE_ONLY: Record<string, string[]> = {
  project: ["workspace"],
  task: ["projects", "parent", "workspace", "followers", "tags"],
};

/** The first thing wrong with the fields, in Asana's words; null when they are fine. */
export function fault(type: "project" | "task", fields: Fields, creating: boolean): string | null {
  const known = type === "project" ? PROJECT : TASK;
  for (const [name, value] of Object.entries(fields)) {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) return `${name}: Unrecognized field`;
    if (!creating && CREATE_ONLY[type]?.includes(name)) return `${name}: Cannot write this property`;
    if (value !== null && !fits(kind, value))
      return `${name}: Not a valid ${kind === "gid" ? "gid" : kind}: ${JSON.stringify(value)}`;
  }
  if (typeof fields["start_on"] === "string" && typeof fields["due_on"] !== "string") {
    return "start_on: due_on must be present in the request when setting start_on";
  }
  if (creating && (typeof fields["name"] !== "string" || fields["name"] === "")) return "name: Missing input";
  return null;
}

function fits(kind: Kind, value: unknown): boolean {
  switch (kind) {
    case "text":
      return typeof value === "string";
    case "boolean":
      return typeof value === "boolean";
    case "date":
      return typeof value === "string" && /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value));
    case "datetime":
      return typeof value === "string" && /^\d{4}-\d{2}-\d{2}T/.test(value) && !Number.isNaN(Date.parse(value));
    case "gid":
      return typeof value === "string" && value !== "";
    case "gids":
      return Array.isArray(value) && value.every((entry) => typeof entry === "string");
    case "object":
      return typeof value === "object" && !Array.isArray(value);
  }
}
