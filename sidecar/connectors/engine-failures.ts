import { HubError, toFailure, type Failure } from "../domain/errors";

/** A mapping names a kind of record that the connector does not have. */
export function unknownType(type: string, parts: { systemName: string; types: ReadonlyMap<string, unknown> }): Failure {
  return new HubError({
    kind: "data",
    code: "object_type_unknown",
    message: `The ${parts.systemName} connector has no object type "${type}".`,
    hint: `The system's mapping may name one of: ${[...parts.types.keys()].join(", ")}.`,
    field: type,
  }).failure;
}

/** The sign-in works, and the account is not prepared as it has to be. */
export function notReady(missing: string, systemName: string): HubError {
  return new HubError({
    kind: "credential",
    code: "connection_not_ready",
    message: missing,
    hint: `Prepare the ${systemName} account as its instructions.md says, then resume the system.`,
  });
}

/** A defect: what a batch answered fits none of its items. */
export function lost(): Failure {
  return toFailure(new Error("a batch item lost its context"));
}
