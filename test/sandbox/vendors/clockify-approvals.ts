import type { Router } from "express";
import type { StoredRecord, Table } from "../store";
import { approvalRequest, clockifyAnswer, duration, without } from "./clockify-answers";
import { page, refuse, type ClockifyWorkspace } from "./clockify";

/** Approval requests name the entries and expenses they are about; approving locks them, withdrawing frees them again. */
export function clockifyApprovals(router: Router, root: string, { tables, context }: ClockifyWorkspace): void {
  router.get(`${root}/approval-requests`, (request, response) => {
    const { status } = request.query;
    const descending = request.query["sort-order"] === "DESCENDING";
    const found = tables.approval
      .indexed()
      .filter(({ fields }) => status === undefined || fields["state"] === status)
      .sort((a, b) => (descending ? b.updatedAt - a.updatedAt : a.updatedAt - b.updatedAt));
    response.json(page(request, response, found).map((record) => details(record, tables)));
  });
  router.patch(`${root}/approval-requests/:id`, (request, response) => {
    const { state } = request.body as { state: string };
    const record = tables.approval.get(request.params["id"] ?? "");
    if (!record) return refuse(response, 404, 501, "Approval request doesn't belong to Workspace");
    decide(tables, record, state);
    context.wrote(request, { type: "approval", key: null, remoteId: record.id, effect: "updated", status: 200 });
    response.json(approvalRequest(record));
  });
}

/** What a manager's decision does. The records themselves change before the request does, as their readers see it. */
function decide(
  tables: Record<"approval" | "time_entry" | "expense", Table>,
  record: StoredRecord,
  state: string,
): void {
  const isLocked = state === "APPROVED";
  for (const id of idsOf(record, "entryIds")) {
    const isInvoiced = tables.time_entry.get(id)?.fields["invoiced"] === true;
    tables.time_entry.update(id, { approved: isLocked, isLocked: isLocked || isInvoiced });
  }
  for (const id of idsOf(record, "expenseIds")) tables.expense.update(id, { isLocked, locked: isLocked });
  tables.approval.update(record.id, { state });
}

function details(record: StoredRecord, tables: ClockifyWorkspace["tables"]): object {
  const live = (table: Table, name: string): StoredRecord[] => idsOf(record, name).flatMap((id) => table.get(id) ?? []);
  const entries = live(tables.time_entry, "entryIds").map((entry) => {
    const shown = clockifyAnswer("time_entry", entry);
    const interval = entry.fields["timeInterval"] as { start: string; end: string };
    const project = tables.project.get(String(shown["projectId"]));
    return {
      ...without(shown, "projectId", "taskId", "tagIds", "userId", "workspaceId"),
      approvalRequestId: record.id,
      timeInterval: { ...interval, duration: duration(interval), timeZone: "UTC" },
      ...(project ? { project: { id: project.id, name: project.fields["name"] } } : {}),
    };
  });
  const expenses = live(tables.expense, "expenseIds").map((expense) => {
    const shown = without(clockifyAnswer("expense", expense), "categoryId", "projectId", "taskId");
    return { ...shown, approvalRequestId: record.id, approvalStatus: record.fields["state"] };
  });
  return { approvalRequest: approvalRequest(record), entries, expenses };
}

function idsOf(record: StoredRecord, name: string): string[] {
  const ids = record.fields[name];
  return Array.isArray(ids) ? (ids as string[]) : [];
}
