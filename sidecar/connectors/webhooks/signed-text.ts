import type { RawRequest } from "./raw-request";

type Piece = (request: RawRequest, timestamp: string) => string | Buffer;

const PLACES: Readonly<Record<string, Piece>> = {
  method: (request) => request.method,
  url: (request) => request.url,
  decodedUrl: (request) => decoded(request.url),
  body: (request) => request.body,
  timestamp: (_request, timestamp) => timestamp,
};

/**
 * Compiles `signed` of a signature: what to feed to the HMAC, piece by piece, so that the body goes in as the bytes that came.
 * @throws Error for a placeholder that is none of method, url, decodedUrl, body, timestamp
 */
export function compileSigned(template: string): (request: RawRequest, timestamp: string) => (string | Buffer)[] {
  const pieces = template
    .split(/(\{[A-Za-z]+\})/)
    .filter((part) => part !== "")
    .map((part): Piece => (part.startsWith("{") ? placeIn(part) : () => part));
  return (request, timestamp) => pieces.map((piece) => piece(request, timestamp));
}

function placeIn(part: string): Piece {
  const piece = PLACES[part.slice(1, -1)];
  if (piece) return piece;
  throw new Error(`${part} cannot be signed; use {method}, {url}, {decodedUrl}, {body} and {timestamp}.`);
}

/** The URL with those characters decoded that HubSpot decodes before it signs, and no others. */
function decoded(url: string): string {
  return url.replace(/%(3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, (code) => decodeURIComponent(code));
}
