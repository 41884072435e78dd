import type { Json } from "../../domain/json";
import { compileCondition } from "../condition";
import { compileExtract } from "../extract";
import type { Handshake } from "./definition";
import type { RawRequest } from "./raw-request";

/** What to send back to a vendor that asks before it sends. */
export interface HandshakeAnswer {
  type: Handshake["as"];
  key: string;
  value: string;
  /** False where the vendor does not sign its question. */
  signed: boolean;
  /** The value is a secret that the vendor hands over: to be kept, or the question refused. */
  keep: boolean;
}

/** Answers null for a request that asks nothing. */
export type Handshakes = (request: RawRequest, body: Json | undefined) => HandshakeAnswer | null;

/** What a vendor may have us say back: enough for every known challenge, too little to be of use to others. */
const MAX_CHALLENGE = 512;

/** Compiles the handshakes of a definition; the first that applies answers. */
export function compileHandshakes(definitions: readonly Handshake[] = []): Handshakes {
  const handshakes = definitions.map(({ when, value, as, key = "", signed = true, keep = false }) => {
    const asks = compileCondition(when);
    const read = "query" in Object(value) ? null : compileExtract(value as Parameters<typeof compileExtract>[0]);
    const parameter = (value as { query?: string }).query ?? "";
    return (request: RawRequest, body: Json | undefined): HandshakeAnswer | null => {
      const scope = { query: Object.fromEntries(request.query) };
      const evidence = { body, headers: request.headers };
      if (!asks(evidence, scope)) return null;
      const text = read ? read(evidence) : request.query.get(parameter);
      if (text === null || text === "" || text.length > MAX_CHALLENGE) return null;
      return { type: as, key, value: text, signed, keep };
    };
  });
  return (request, body) => {
    for (const handshake of handshakes) {
      const answer = handshake(request, body);
      if (answer) return answer;
    }
    return null;
  };
}
