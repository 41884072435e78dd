import type { Json } from "../../domain/json";
import { compileCondition } from "../condition";
import { digest } from "../digest";
import { compileExtract, compileFirst, type Extractor } from "../extract";
import { parsePath, readPath } from "../json-path";
import { momentOf } from "../moment";
import type { NoticeDefinition } from "./definition";

/** One thing that a vendor says has happened. A hint: the record itself is fetched before anything is done. */
export interface Notice {
  /** Known again when the vendor repeats itself. */
  key: string;
  /** The vendor's name of what happened. */
  event: string;
  /** Our name of the vendor's type; null when the definition does not know the event. */
  object: string | null;
  change: "changed" | "deleted" | "merged" | null;
  externalId: string;
  occurredAt: Date | null;
  item: Json;
}

export interface Notices {
  /** The items of a body; none when the place named is not there. */
  items: (body: Json | undefined) => Json[];
  /** What the items say, and the headers of their request, by lower-case name. `ignored`: how many do not pass the definition's condition, or do not say which record they are about. */
  read: (items: readonly Json[], headers?: Readonly<Record<string, string>>) => { notices: Notice[]; ignored: number };
}

/** Characters of a record's id or a notice's name: no vendor has longer ones, and the inbox's index takes no text of any length. */
const MAX_NAME = 500;

/** Compiles `notices` of a definition. */
export function compileNotices(definition: NoticeDefinition): Notices {
  const lists = definition.each === undefined ? null : [definition.each].flat().map(parsePath);
  const orOne = Array.isArray(definition.each);
  const passes = definition.when ? compileCondition(definition.when) : () => true;
  const ids = definition.id?.map(compileExtract);
  const event = compileEvent(definition.event);
  const externalId = compileFirst(definition.externalId);
  const occurredAt = definition.occurredAt === undefined ? null : compileExtract(definition.occurredAt);
  const meaning = compileEvents(definition.events);

  const read = (item: Json, headers: Readonly<Record<string, string>>): Notice | null => {
    const evidence = { body: item, headers };
    const name = event(evidence);
    const id = externalId(evidence);
    if (!passes(evidence, {}) || name === null || id === null || id.length > MAX_NAME) return null;
    const named = ids?.map((extract) => extract(evidence));
    const key = named?.every((part) => part !== null && part !== "") ? named.join(":") : null;
    return {
      key: key !== null && key.length <= MAX_NAME ? key : digest({ event: name, item }),
      event: name,
      ...meaning(name),
      externalId: id,
      occurredAt: momentOf(occurredAt?.(evidence) ?? null),
      item,
    };
  };

  return {
    items(body) {
      if (body === undefined) return [];
      if (lists === null) return [body];
      const list = lists.map((steps) => readPath(body, steps)).find((found) => Array.isArray(found));
      return list ?? (orOne ? [body] : []);
    },
    read(items, headers = {}) {
      const notices = items.map((item) => read(item, headers)).filter((notice) => notice !== null);
      return { notices, ignored: items.length - notices.length };
    },
  };
}

function compileEvent(definition: NoticeDefinition["event"]): Extractor {
  if (typeof definition === "string" || Array.isArray(definition) || !("join" in definition))
    return compileFirst(definition);
  const parts = definition.join.map(compileExtract);
  return (from) => {
    const texts = parts.map((part) => part(from));
    return texts.every((text) => text !== null && text !== "") ? texts.join(".") : null;
  };
}

function compileEvents(events: NoticeDefinition["events"]): (event: string) => Pick<Notice, "object" | "change"> {
  const exact = new Map(Object.entries(events).filter(([name]) => !name.endsWith("*")));
  // The longest beginning wins.
  const beginnings = Object.entries(events)
    .filter(([name]) => name.endsWith("*"))
    .map(([name, meaning]) => ({ beginning: name.slice(0, -1), meaning }))
    .sort((a, b) => b.beginning.length - a.beginning.length);
  return (event) => {
    const meaning = exact.get(event) ?? beginnings.find(({ beginning }) => event.startsWith(beginning))?.meaning;
    return { object: meaning?.object ?? null, change: meaning?.change ?? null };
  };
}
