/** A request as it came, before anybody has read the body. */
export interface RawRequest {
  method: string;
  /** The public URL it was sent to, with query: the configured one, because a proxy in between changes what we see. */
  url: string;
  query: URLSearchParams;
  /** By lower-case name. */
  headers: Record<string, string>;
  body: Buffer;
}
