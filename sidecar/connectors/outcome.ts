import { HubError, type ErrorKind, type Failure } from "../domain/errors";
import type { Json } from "../domain/json";
import { compileCondition, type Test } from "./condition";
import type { ErrorPaths, OutcomeRule } from "./definition";
import { compileFirst, type Evidence, type Extractor } from "./extract";
import { parseRetryAfter } from "./retry-after";
import { compileText, type Rendered, type Scope } from "./template";
import { shortened } from "../domain/storable";

/** A vendor's answer, read. */
export interface Answer extends Evidence {
  status: number;
  body: Json | undefined;
}

/** What an answer, or one item of a batch, means. */
export type Verdict = { is: "success" } | { is: "absent"; failure: Failure } | { is: "failure"; failure: Failure };

export interface JudgeContext {
  scope: Scope;
  /** Sending the same request again cannot make a second record. */
  repeatable: boolean;
  now: Date;
}

/** Decides what answers mean: the definition's rules from top to bottom, then what HTTP says. */
export class OutcomeRules {
  private readonly rules: CompiledRule[];
  private readonly message: Extractor;
  private readonly code: Extractor;
  private readonly field: Extractor;

  constructor(
    private readonly systemName: string,
    rules: readonly OutcomeRule[] = [],
    errors: ErrorPaths = {},
  ) {
    this.rules = rules.map(compileRule);
    this.message = compileFirst(errors.message);
    this.code = compileFirst(errors.code);
    this.field = compileFirst(errors.field);
  }

  /** What an HTTP answer means. */
  judge(answer: Answer, context: JudgeContext): Verdict {
    const rule = this.rules.find((candidate) => candidate.applies(answer, context.scope));
    if (rule) return this.byRule(rule, answer, context);
    const { status } = answer;
    if (status >= 200 && status < 300) return { is: "success" };
    if (status === 404 || status === 410)
      return { is: "absent", failure: this.failure(answer, context, "data", "not_found") };
    return {
      is: "failure",
      failure: this.failure(answer, context, kindOf(status, context.repeatable), codeOf(status)),
    };
  }

  /** What one item of a batch's error list means; the item stands in the place of the body. */
  judgeItem(item: Answer, context: JudgeContext): Failure {
    const rule = this.rules.find((candidate) => candidate.applies(item, context.scope));
    if (rule) {
      const verdict = this.byRule(rule, item, context);
      if (verdict.is !== "success") return verdict.failure;
    }
    return this.failure(item, context, "data", "item_refused");
  }

  private byRule(rule: CompiledRule, answer: Answer, context: JudgeContext): Verdict {
    if (rule.is === "success") return { is: "success" };
    const kind = rule.is === "absent" ? "data" : rule.is;
    const failure = this.failure(answer, context, kind, codeOf(answer.status));
    if (rule.code) failure.code = rule.code;
    if (rule.message) failure.message = rule.message({ ...context.scope, body: answer.body });
    if (rule.hint) failure.hint = rule.hint;
    const field = rule.field(answer);
    if (field !== null) failure.field = field;
    const stated = rule.retryAfter(answer);
    // what the vendor says now counts before what the definition expects
    const retryAfterMs =
      (stated === null ? null : parseRetryAfter(stated, context.now)) ?? failure.retryAfterMs ?? rule.retryAfterMs;
    if (retryAfterMs !== undefined) failure.retryAfterMs = retryAfterMs;
    return { is: rule.is === "absent" ? "absent" : "failure", failure };
  }

  private failure(answer: Answer, context: JudgeContext, kind: ErrorKind, fallbackCode: string): Failure {
    const said = this.message(answer);
    const vendorCode = this.code(answer);
    const field = this.field(answer);
    const failure: Failure = {
      kind,
      code: vendorCode === null || kind === "technical" ? fallbackCode : asCode(vendorCode),
      message:
        said !== null
          ? `${this.systemName} said: ${clip(said)}`
          : kind === "credential"
            ? `${this.systemName} does not accept the credentials: it answered ${answer.status}.`
            : `${this.systemName} answered ${answer.status}.`,
      hint: HINTS[kind],
    };
    if (field !== null) failure.field = clip(field);
    const retryAfter = answer.headers["retry-after"];
    const retryAfterMs = retryAfter === undefined ? null : parseRetryAfter(retryAfter, context.now);
    if (retryAfterMs !== null && (kind === "technical" || kind === "unknown")) failure.retryAfterMs = retryAfterMs;
    return failure;
  }
}

const HINTS: Record<ErrorKind, string> = {
  technical: "Nothing to do: it is sent again by itself.",
  credential: "Renew the credentials of this connection; its deliveries wait until then.",
  data: "Correct the named value in Odoo, or the mapping, and send it again.",
  business: "Settle it with the owner of the record, then send it again or cancel it.",
  policy: "Ask for approval, or cancel the delivery.",
  unknown: "Nothing to do: the record is looked up before anything is sent again.",
};

/** HTTP's own meaning, for what no rule of the definition covers. */
function kindOf(status: number, repeatable: boolean): ErrorKind {
  if (status === 401) return "credential";
  if (status === 402 || status === 403 || status === 451) return "business";
  if (status === 408 || status >= 500) return repeatable ? "technical" : "unknown";
  if (status === 423 || status === 425 || status === 429) return "technical";
  if (status >= 300 && status < 400) return "technical";
  return "data";
}

function codeOf(status: number): string {
  return `http_${status}`;
}

function asCode(text: string): string {
  return (
    clip(text)
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, "_")
      .replace(/^_|_$/g, "") || "refused"
  );
}

function clip(text: string): string {
  return shortened(text.replace(/\s+/g, " ").trim(), 500);
}

interface CompiledRule {
  applies(answer: Answer, scope: Scope): boolean;
  is: OutcomeRule["is"];
  code: string | undefined;
  message: Rendered<string> | undefined;
  hint: string | undefined;
  field: Extractor;
  retryAfterMs: number | undefined;
  retryAfter: Extractor;
}

function compileRule(rule: OutcomeRule): CompiledRule {
  const test: Test | null = rule.when.answer ? compileCondition(rule.when.answer) : null;
  const statuses = rule.when.status;
  return {
    applies: (answer, scope) =>
      (statuses === undefined || statuses.some((status) => statusMatches(status, answer.status))) &&
      (test === null || test(answer, scope)),
    is: rule.is,
    code: rule.code,
    message: rule.message === undefined ? undefined : compileText(rule.message),
    hint: rule.hint,
    field: compileFirst(rule.field),
    retryAfterMs: rule.retryAfterMs,
    retryAfter: compileFirst(rule.retryAfter),
  };
}

/** `409`, or a class: `4xx`, `5xx`. */
function statusMatches(wanted: number | string, status: number): boolean {
  return typeof wanted === "number" ? wanted === status : Math.floor(status / 100) === Number(wanted[0]);
}

/** The failure of an answer that is not the vendor's API speaking: a proxy's page, a cut-off body. */
export function unreadable(systemName: string, status: number, repeatable: boolean): HubError {
  return new HubError({
    kind: repeatable ? "technical" : "unknown",
    code: "answer_unreadable",
    message: `${systemName} answered ${status} with something that is not its API's format.`,
    hint: repeatable ? HINTS.technical : HINTS.unknown,
  });
}
