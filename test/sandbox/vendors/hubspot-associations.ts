import type { Router } from "express";
import type { Table } from "../store";
import { associationsOf, fail, tableOf, type HubSpotAccount } from "./hubspot-answers";

/** Associations between records, kept as a sorted list of `type:id` in the record's field `associations`. */
export function hubspotAssociations(router: Router, account: HubSpotAccount): void {
  router.post("/crm/v4/associations/:from/:to/batch/associate/default", (request, response) => {
    const from = tableOf(account, request.params.from, response);
    const to = from && tableOf(account, request.params.to, response);
    if (!from || !to) return;
    const { inputs = [] } = request.body as { inputs?: { from: { id: string }; to: { id: string } }[] };
    const missing = inputs.find((input) => !from.table.get(input.from.id) || !to.table.get(input.to.id));
    if (missing) {
      const message = `One or more of the objects does not exist: ${missing.from.id} to ${missing.to.id}`;
      return fail(response, 404, "OBJECT_NOT_FOUND", message);
    }
    const results = inputs.map((input) => {
      associate(from.table, input.from.id, `${to.type}:${input.to.id}`);
      associate(to.table, input.to.id, `${from.type}:${input.from.id}`);
      return {
        from: input.from,
        to: input.to,
        associationSpec: { associationCategory: "HUBSPOT_DEFINED", associationTypeId: 1 },
      };
    });
    const at = account.context.clock.iso();
    response.json({ status: "COMPLETE", results, startedAt: at, completedAt: at });
  });
}

/** To be called before a record is archived: what it was associated with names it no more. */
export function dissociate({ tables }: HubSpotAccount, type: string, id: string): void {
  for (const end of associationsOf(tables.get(type)?.get(id) ?? null)) {
    const [otherType = "", other = ""] = end.split(":");
    const table = tables.get(otherType);
    const left = associationsOf(table?.get(other) ?? null).filter((one) => one !== `${type}:${id}`);
    table?.update(other, { associations: left });
  }
}

function associate(table: Table, id: string, other: string): void {
  const known = associationsOf(table.get(id));
  if (!known.includes(other)) table.update(id, { associations: [...known, other].sort() });
}
