import type { JsonObject } from "../../../../sidecar/domain/json";
import { seeded } from "../../../sandbox/seeded";
import type { Change } from "../../../support/queue-fixture";

export const SYSTEMS = ["hubspot", "asana", "bamboohr"] as const;
export type SystemCode = (typeof SYSTEMS)[number];

/** One change of the story; `version` counts the changes of its record to its system. */
export interface Step extends Change {
  system: SystemCode;
  version: number;
}

const RECORDS = { company: 14, contact: 8, project: 14, employee: 12 };

/**
 * A seeded day of a small firm: companies and their contacts to the CRM (with upsert; a contact waits for its company), projects to the PSA
 * (without upsert or unique keys) and employees to HR (without upsert). Each record is created and changed up to twice, all mixed; a third of the
 * records must have every state delivered in turn, of the others the last state is enough. Of each kind, `createdLate` records are new in the second
 * half, for a fault that strikes creations: something is created while it lasts, however fast the machine is.
 */
export function tellStory(seed: number, createdLate = 0): Step[] {
  const random = seeded(seed);
  const lanes: Step[][] = [];
  const late = new Set<Step[]>();
  for (const [kind, count] of Object.entries(RECORDS)) {
    for (let n = 1; n <= count; n += 1) {
      const versions = 1 + Math.floor(random() * 3);
      const coalesce = random() > 1 / 3;
      const lane = Array.from({ length: versions }, (_, index) => ({ ...make(kind, n, index + 1), coalesce }));
      lanes.push(lane);
      if (n > count - createdLate) late.add(lane);
    }
  }
  const half = lanes.flat().length / 2;
  const story: Step[] = [];
  while (lanes.length > 0) {
    const ready = story.length < half ? lanes.filter((lane) => !late.has(lane)) : lanes;
    const among = ready.length > 0 ? ready : lanes;
    const lane = among[Math.floor(random() * among.length)];
    const step = lane?.shift();
    if (step) story.push(step);
    if (lane?.length === 0) lanes.splice(lanes.indexOf(lane), 1);
  }
  return story;
}

function make(kind: string, n: number, version: number): Step {
  const operation = version === 1 ? "create" : "write";
  const record = (values: JsonObject): JsonObject => ({ active: true, ...values });
  switch (kind) {
    case "company":
      return {
        ...{ system: "hubspot", lane: `res.partner,${n}`, object: "customer", operation, version },
        record: record({ name: `Company ${n} v${version}`, is_company: true }),
      };
    case "contact": {
      const parent = 1 + (n % RECORDS.company);
      const company = { id: parent, model: "res.partner", name: `Company ${parent}`, is_company: true };
      return {
        ...{ system: "hubspot", lane: `res.partner,${100 + n}`, object: "contact", operation, version },
        record: record({
          name: `Ann Contact${n}`,
          email: `ann${n}.v${version}@example.com`,
          commercial_partner_id: company,
        }),
      };
    }
    case "project":
      return {
        ...{ system: "asana", lane: `project.project,${n}`, object: "project", operation, version },
        record: record({ name: `Project ${n} v${version}` }),
      };
    default:
      return {
        ...{ system: "bamboohr", lane: `hr.employee,${n}`, object: "employee", operation, version },
        record: record({
          name: `Ida Rhodes${n}`,
          work_email: `ida${n}@example.com`,
          job_title: `Consultant v${version}`,
        }),
      };
  }
}
