import { placeText, sameContent } from "./mapping_content";

/**
 * How a content differs from another one, line by line.
 *
 * @returns {{lines: Map<string, {change: string, before?: object}>, removed: {list: string, line: object}[],
 *   counts: {added: number, changed: number, removed: number}}} `lines` by the place of the line in `after`; `change`
 *   is "added" or "changed"; `list` the place of the list in `after` that the removed line was in
 */
export function compareContents(before, after) {
  const result = { lines: new Map(), removed: [], counts: { added: 0, changed: 0, removed: 0 } };
  compareLists(before.lines || [], after.lines || [], ["lines"], result);
  return result;
}

function compareLists(before, after, place, result) {
  const left = [...before];
  const take = (fits) => {
    const index = left.findIndex(fits);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
  // Unchanged lines find each other first, so that of two lines to one target the right one is called changed.
  const partners = after.map((line) => take((other) => sameContent(other, line)));
  for (const [index, line] of after.entries()) {
    const here = [...place, index];
    const partner = partners[index] ?? take((other) => other.to === line.to);
    if (!partner) {
      result.lines.set(placeText(here), { change: "added" });
      result.counts.added += 1;
    } else if (!sameContent(partner, line)) {
      result.lines.set(placeText(here), { change: "changed", before: partner });
      result.counts.changed += 1;
      if (partner.lines && line.lines) {
        compareLists(partner.lines, line.lines, [...here, "lines"], {
          ...result,
          counts: { added: 0, changed: 0, removed: 0 },
        });
      }
    }
  }
  for (const line of left) {
    result.removed.push({ list: placeText(place), line });
    result.counts.removed += 1;
  }
}
