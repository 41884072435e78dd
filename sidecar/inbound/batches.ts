import type { JsonObject } from "../domain/json";
import type { Ready } from "./ended";
import type { Work } from "./records";

/** Most text of one call: attachments make items large. */
const CALL_CHARACTERS = 4_000_000;

/** Records of one type that are fetched together; a first load does not slow down what has just changed. */
export function alike(claimed: readonly Work[]): { type: string; works: Work[] }[] {
  const groups = new Map<string, { type: string; works: Work[] }>();
  for (const work of claimed) {
    const key = `${work.type} ${work.firstLoad}`;
    const group = groups.get(key) ?? { type: work.type, works: [] };
    group.works.push(work);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** Items in calls that are neither too many nor too large. */
export function calls(ready: readonly Ready[], most: number): Ready[][] {
  const batches: Ready[][] = [];
  let size = Infinity;
  for (const one of ready) {
    const characters = lengthOf(one.prepared.item);
    if (size + characters > CALL_CHARACTERS || (batches.at(-1)?.length ?? 0) >= most) {
      batches.push([]);
      size = 0;
    }
    batches.at(-1)?.push(one);
    size += characters;
  }
  return batches;
}

const lengthOf = (item: JsonObject): number => JSON.stringify(item).length;
