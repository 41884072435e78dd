import { HubError } from "../domain/errors";
import type { Extractor } from "./extract";
import type { Answer } from "./outcome";

/**
 * The vendor's id in the answer to a create.
 * @throws HubError of kind `unknown` when it is not where the definition says: the record was made, so it is looked up next
 */
export function idOf(answer: Answer, id: Extractor, what: string): string {
  const found = id(answer);
  if (found !== null && found !== "") return found;
  throw new HubError({
    kind: "unknown",
    code: "answer_without_id",
    message: `The vendor accepted the ${what} and did not say its id where it used to.`,
    hint: "The record is looked up by its key. If this goes on, the vendor changed its answers: compare the connector definition.",
  });
}
