import { HubError, type Failure } from "../domain/errors";

/** What an error of the queue's database means, by its SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
export function postgresFault(thrown: unknown, place: string): HubError {
  const error = thrown as { code?: string; message?: string; hint?: string };
  const code = error.code ?? "";
  const message = error.message ?? String(thrown);
  // Classes 22 and 23: the values themselves are refused, and would be again.
  const known = KNOWN[code] ?? (/^2[23]/.test(code) ? badRow : undefined);
  if (known) return new HubError({ ...known(message, error.hint), field: place }, { cause: thrown });
  return new HubError(
    {
      kind: "technical",
      code: code ? `postgres_${code.toLowerCase()}` : "postgres_unreachable",
      message: `Odoo's database did not answer ${place}: ${message}`,
      hint: "The hub tries again by itself. Check odoo.queue_url and that Postgres runs and lets the sidecar in.",
      field: place,
    },
    { cause: thrown },
  );
}

type Explain = (message: string, hint: string | undefined) => Failure;

const noContract: Explain = (message) => ({
  kind: "data",
  code: "contract_missing",
  message: `Odoo's database does not hold the queue contract (${message}).`,
  hint: "Install or update the addon integration_hub in this database, and check the database's name in odoo.queue_url.",
});

const noSignIn: Explain = (message) => ({
  kind: "credential",
  code: "queue_sign_in_refused",
  message: `Postgres refused the sidecar's role (${message}).`,
  hint: "Run `hub grant` for the role, and check the password behind odoo.queue_url.",
});

const badRow: Explain = (message) => ({
  kind: "data",
  code: "queue_bad_request",
  message: `The queue cannot store this: ${message}`,
  hint: "This is a defect in the hub: report it with the trace id.",
});

const KNOWN: Record<string, Explain> = {
  HB400: (message, hint) => ({
    kind: "data",
    code: "queue_bad_request",
    message,
    hint: hint ?? "Correct the request.",
  }),
  HB404: (message, hint) => ({
    kind: "data",
    code: "system_unknown",
    message,
    hint: hint ?? "Publish the catalogue, or unarchive the system in Odoo.",
  }),
  HB410: (message, hint) => ({
    kind: "data",
    code: "release_unknown",
    message,
    hint: hint ?? "Read the record again and send it.",
  }),
  "3F000": noContract,
  "42883": noContract,
  "3D000": noContract,
  "28P01": noSignIn,
  "28000": noSignIn,
  "42501": (message) => ({
    kind: "credential",
    code: "queue_right_missing",
    message: `The sidecar's role lacks a right (${message}).`,
    hint: "Run `hub grant` for the role again; it gives what the queue needs and nothing else.",
  }),
};
