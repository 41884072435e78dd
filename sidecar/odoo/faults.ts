import type { Failure } from "../domain/errors";
import { HubError } from "../domain/errors";
import { shortened } from "../domain/storable";

/** What Odoo said when a call failed. Its traceback (`debug`) is never taken over. */
export interface OdooFault {
  status: number;
  /** Python name of the error: `odoo.exceptions.ValidationError`; null when the answer was not Odoo's. */
  name: string | null;
  message: string;
  /** `res.partner.write` */
  place: string;
}

/**
 * Classifies by the error's name first, since the status alone misleads: an unknown field is a 500 and yet will never
 * succeed, however often it is tried.
 */
export function odooFault(fault: OdooFault, cause?: unknown): HubError {
  return new HubError({ ...explain(fault), field: fault.place }, cause === undefined ? undefined : { cause });
}

function explain({ status, name, message, place }: OdooFault): Failure {
  const said = shorten(message);
  switch (shortName(name)) {
    case "AccessDenied":
    case "SessionExpiredException":
    case "Unauthorized":
      return credential(place);
    case "AccessError":
      return {
        kind: "business",
        code: "odoo_access_refused",
        message: `Odoo does not let the service user do this: ${said}`,
        hint: "Give the service user the group it needs, or remove the write-back from the mapping.",
      };
    case "MissingError":
      return {
        kind: "data",
        code: "odoo_record_missing",
        message: `The record is no longer in Odoo: ${said}`,
        hint: "Nothing to do if it was deleted on purpose; otherwise restore it and retry.",
      };
    case "UserError":
    case "ValidationError":
    case "RedirectWarning":
    case "IntegrityError":
    case "UniqueViolation":
    case "CheckViolation":
    case "NotNullViolation":
    case "ForeignKeyViolation":
      return {
        kind: "business",
        code: "odoo_refused",
        message: `A rule in Odoo refused it: ${said}`,
        hint: "Correct what the message names in Odoo, then retry.",
      };
    case "LockNotAvailable":
    case "SerializationFailure":
    case "DeadlockDetected":
    case "OperationalError":
    case "ConcurrencyError":
      return technical("odoo_busy", `Odoo was busy with the same records (${place}).`);
    case "KeyError":
    case "ValueError":
    case "TypeError":
    case "AttributeError":
    case "UnprocessableEntity":
      return {
        kind: "data",
        code: "odoo_call_rejected",
        message: `Odoo does not understand ${place}: ${said}`,
        hint: "A mapping names a field, value or method that this Odoo does not have. Correct the mapping, then retry.",
      };
    default:
      return byStatus(status, said, place);
  }
}

function byStatus(status: number, said: string, place: string): Failure {
  if (status === 401) return credential(place);
  if (status === 403) {
    return {
      kind: "business",
      code: "odoo_access_refused",
      message: `Odoo does not let the service user call ${place}.`,
      hint: "Give the service user the group it needs.",
    };
  }
  if (status === 404) {
    return {
      kind: "data",
      code: "odoo_not_found",
      message: `Odoo knows neither the database nor the method ${place}.`,
      hint: "Check odoo.url and odoo.database, and that the addon integration_hub is installed and up to date.",
    };
  }
  if (status === 409) return technical("odoo_busy", `Odoo was busy with the same records (${place}).`);
  if (status === 429 || status >= 500) return technical(`odoo_http_${status}`, `Odoo answered ${status} to ${place}.`);
  return {
    kind: "data",
    code: `odoo_http_${status}`,
    message: `Odoo rejected ${place} with ${status}: ${said}`,
    hint: "This is a defect in the hub or a version of Odoo it does not know: report it with the trace id.",
  };
}

/** Whether an answer comes from something else than Odoo's API: a redirect, or a success that is not JSON (`parsed` is undefined). */
export function isNotOdoo(status: number, parsed: unknown): boolean {
  return (status >= 300 && status < 400) || (status < 300 && parsed === undefined);
}

/** The failure of such an answer. @param location where a redirect leads */
export function notOdoo(place: string, status: number, location: unknown): HubError {
  const elsewhere = typeof location === "string" && URL.canParse(location) ? new URL(location).origin : null;
  return new HubError({
    kind: "technical",
    code: "odoo_answer_unreadable",
    message:
      elsewhere === null
        ? `What answered ${place} with ${status} is not Odoo's API.`
        : `odoo.url leads elsewhere: ${place} was answered with ${status} to ${elsewhere}, which is not followed.`,
    hint:
      elsewhere === null
        ? "Check odoo.url and odoo.protocol: a proxy, or another program, answers there. The hub tries again by itself."
        : `If Odoo is there, set odoo.url to ${elsewhere}. The hub tries again by itself.`,
    field: place,
  });
}

/** A call that got no answer at all. */
export function odooUnreachable(place: string, cause: unknown): HubError {
  const reason = cause instanceof Error ? ((cause as NodeJS.ErrnoException).code ?? cause.name) : "no answer";
  return new HubError(
    {
      kind: "technical",
      code: "odoo_unreachable",
      message: `Odoo did not answer ${place} (${reason}).`,
      hint: "The hub tries again by itself. Check odoo.url and that Odoo runs.",
      field: place,
    },
    { cause },
  );
}

function credential(place: string): Failure {
  return {
    kind: "credential",
    code: "odoo_sign_in_refused",
    message: `Odoo refused the service user's key (${place}).`,
    hint: "Make a new API key for the service user (they expire) and put it behind odoo.api_key.",
  };
}

function technical(code: string, message: string): Failure {
  return { kind: "technical", code, message, hint: "Nothing to do: it is tried again by itself." };
}

function shortName(name: string | null): string {
  return name?.split(".").at(-1) ?? "";
}

/** Odoo's messages are for people, but may carry a traceback when something unexpected broke. */
function shorten(message: string): string {
  const text = message.split("Traceback (most recent call last)")[0]?.trim() ?? "";
  return shortened(text, 500) || "(no message)";
}
