import type { Test } from "./conditions";
import { compileCondition } from "./conditions";
import type { Condition, MappingLine } from "./definition";
import { compileReader, entriesOf, isObject } from "./paths";
import type { LinkCollector } from "./run";

/** Closures that name the links a run would look up, without running it. The lines have compiled without a problem. */
export function compileLinkCollectors(lines: readonly MappingLine[]): LinkCollector[] {
  return lines.flatMap((line) => {
    const collect = line.each === undefined ? linkOf(line) : linksOfItems(line, line.each);
    if (collect === undefined) return [];
    if (line.when === undefined) return [collect];
    const holds = checked(line.when);
    return [
      (input, add) => {
        if (holds(input)) collect(input, add);
      },
    ];
  });
}

function linkOf(line: MappingLine): LinkCollector | undefined {
  if (line.link === undefined) return undefined;
  const { type, from } = line.link;
  const read = compileReader(from.split("."));
  return (input, add) => {
    const lane = read(input);
    if (typeof lane === "string" && lane !== "") add(lane, type);
  };
}

function linksOfItems(line: MappingLine, each: string): LinkCollector | undefined {
  const inner = compileLinkCollectors(line.lines ?? []);
  if (inner.length === 0) return undefined;
  const read = compileReader(each.split("."));
  const takes = line.where === undefined ? () => true : checked(line.where);
  return (input, add) => {
    const list = line.entries === true ? entriesOf(read(input)) : read(input);
    if (!Array.isArray(list)) return;
    for (const item of list) if (isObject(item) && takes(item)) for (const collect of inner) collect(item, add);
  };
}

const checked = (condition: Condition): Test => compileCondition(condition, () => undefined);
