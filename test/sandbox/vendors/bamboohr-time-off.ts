import type { Request, Router } from "express";
import type { StoredRecord } from "../store";
import type { VendorContext } from "./vendor";

/** Requests for time off: found by the days they are about, never by when they changed. */
export function bamboohrTimeOff(router: Router, { store }: VendorContext): void {
  let next = 1001;
  const requests = store.define("bamboohr", "time_off", { nextId: () => String(next++) });
  router.get("/api/v1/time_off/requests", (request, response) => {
    const [start, end] = [textOf(request, "start"), textOf(request, "end")];
    if (start === "" || end === "") {
      response.status(400).setHeader("X-BambooHR-Error-Message", "start and end are required").end();
      return;
    }
    const states = textOf(request, "status").split(",").filter(Boolean);
    const found = requests
      .live()
      .filter(({ id }) => [id, ""].includes(textOf(request, "id")))
      .filter(({ fields }) => String(fields["start"]) <= end && String(fields["end"]) >= start)
      .filter(({ fields }) => [String(fields["employeeId"]), ""].includes(textOf(request, "employeeId")))
      .filter(({ fields }) => states.length === 0 || states.includes(String(fields["status"])));
    response.json(found.map(shown));
  });
}

function shown({ id, fields, createdAt, updatedAt }: StoredRecord): object {
  return {
    id: Number(id),
    employeeId: Number(fields["employeeId"]),
    name: fields["name"] ?? "",
    start: fields["start"],
    end: fields["end"],
    created: day(createdAt),
    status: { lastChanged: day(updatedAt), lastChangedByUserId: 2461, status: fields["status"] },
    type: { id: 78, name: fields["type"], icon: "palm-trees" },
    amount: fields["hours"]
      ? { unit: "hours", amount: fields["hours"] }
      : { unit: "days", amount: fields["days"] ?? 1 },
    actions: { view: true, edit: true, cancel: true, approve: false, deny: false, bypass: false },
    dates: fields["dates"] ?? {},
    notes: {},
  };
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function textOf(request: Request, name: string): string {
  const value = request.query[name];
  return typeof value === "string" ? value : "";
}
