import { HubError } from "../domain/errors";
import { compileCondition, type Test } from "./condition";
import type { Pagination } from "./definition";
import { compileFirst, type Extractor } from "./extract";
import type { Answer } from "./outcome";
import type { NextPage } from "./request";
import type { Scope } from "./template";

/** A run through the pages of a list: asks for each page, and says which comes next. */
export interface Pages {
  first(): NextPage;
  /** The next page, or null after the last. */
  next(answer: Answer, records: number, scope: Scope): NextPage | null;
}

const DEFAULT_MAX_PAGES = 1_000;

/** Compiles a pagination; each call of the result begins a new run. */
export function compilePagination(pagination: Pagination | undefined): () => Pages {
  if (!pagination) return () => ({ first: () => ({}), next: () => null });
  const pages = compileKind(pagination);
  const maxPages = pagination.maxPages ?? DEFAULT_MAX_PAGES;
  return () => {
    const run = pages();
    let count = 1;
    return {
      first: () => run.first(),
      next(answer, records, scope) {
        const page = run.next(answer, records, scope);
        if (page !== null && ++count > maxPages) throw tooManyPages(maxPages);
        return page;
      },
    };
  };
}

function compileKind(pagination: Pagination): () => Pages {
  switch (pagination.type) {
    case "cursor":
      return cursor(compileFirst(pagination.from), pagination.to);
    case "link":
      return link(compileFirst(pagination.from));
    case "offset":
      return offset(pagination.pageSize, pagination.to);
    case "page":
      return numbered(pagination.start ?? 1, pagination.to, pagination.last ? compileCondition(pagination.last) : null);
  }
}

type Place = { query?: string; body?: string };

function at(place: Place, value: string | number): NextPage {
  if (place.body !== undefined) return { body: { [place.body]: value } };
  return { query: { [place.query ?? "page"]: String(value) } };
}

function cursor(from: Extractor, to: Place): () => Pages {
  return () => ({
    first: () => ({}),
    next(answer) {
      const value = from(answer);
      return value === null || value === "" ? null : at(to, value);
    },
  });
}

function link(from: Extractor): () => Pages {
  return () => ({
    first: () => ({}),
    next(answer) {
      const value = from(answer);
      return value === null || value === "" ? null : { link: value };
    },
  });
}

function offset(pageSize: number, to: Place): () => Pages {
  return () => {
    let start = 0;
    return {
      first: () => at(to, 0),
      next(_answer, records) {
        start += records;
        return records < pageSize ? null : at(to, start);
      },
    };
  };
}

function numbered(start: number, to: Place, last: Test | null): () => Pages {
  return () => {
    let page = start;
    return {
      first: () => at(to, page),
      next(answer, records, scope) {
        if (records === 0 || last?.(answer, scope) === true) return null;
        page += 1;
        return at(to, page);
      },
    };
  };
}

function tooManyPages(maxPages: number): HubError {
  return new HubError({
    kind: "data",
    code: "too_many_pages",
    message: `The list did not end after ${maxPages} pages.`,
    hint: "Narrow the find of the connector definition, or raise its maxPages.",
  });
}
