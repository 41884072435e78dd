/** Enough of Postgres's wire protocol to see which function of the contract a client calls, and when the answer is complete. */

/** One message of either side; `bytes` with its header. */
interface Message {
  /** A letter; empty for the start-up messages, which have none. */
  type: string;
  bytes: Buffer;
}

/** Cuts a stream into messages. A client's stream begins with one that has no type. */
class Splitter {
  private rest: Buffer = Buffer.alloc(0);

  constructor(private untyped: boolean) {}

  push(chunk: Buffer): Message[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const messages: Message[] = [];
    for (;;) {
      const head = this.untyped ? 0 : 1;
      if (this.rest.length < head + 4) return messages;
      const length = head + this.rest.readInt32BE(head);
      if (this.rest.length < length) return messages;
      const bytes = this.rest.subarray(0, length);
      messages.push({ type: this.untyped ? "" : String.fromCharCode(bytes[0] ?? 0), bytes });
      this.rest = this.rest.subarray(length);
      this.untyped = false;
    }
  }
}

/** A call of a function of the contract, with its arguments as they stand on the wire. */
export interface Call {
  /** `claim`, `settle`, `renew`, …; empty for any other statement. */
  name: string;
  bytes: Buffer;
}

const FUNCTION = /integration_hub\.([a-z_]+)\(/;

/** What a client asks. Statements may be prepared once and called many times. */
export class ClientSide {
  private readonly splitter = new Splitter(true);
  private readonly statements = new Map<string, string>();

  /** The calls that this chunk completes. */
  push(chunk: Buffer): Call[] {
    const calls: Call[] = [];
    for (const { type, bytes } of this.splitter.push(chunk)) {
      if (type === "P") {
        const [name, text] = texts(bytes, 5, 2);
        this.statements.set(name ?? "", FUNCTION.exec(text ?? "")?.[1] ?? "");
      } else if (type === "B") {
        const [, statement] = texts(bytes, 5, 2);
        calls.push({ name: this.statements.get(statement ?? "") ?? "", bytes });
      } else if (type === "Q") {
        calls.push({ name: FUNCTION.exec(texts(bytes, 5, 1)[0] ?? "")?.[1] ?? "", bytes });
      }
    }
    return calls;
  }
}

/** What the server answers. */
export class ServerSide {
  private readonly splitter = new Splitter(false);

  /** True when this chunk completes an answer. */
  push(chunk: Buffer): boolean {
    return this.splitter.push(chunk).some(({ type }) => type === "Z");
  }
}

/** `count` texts from `start`, each ended by a zero byte. */
function texts(bytes: Buffer, start: number, count: number): string[] {
  const found: string[] = [];
  let from = start;
  for (let n = 0; n < count; n += 1) {
    const end = bytes.indexOf(0, from);
    if (end === -1) return found;
    found.push(bytes.toString("utf8", from, end));
    from = end + 1;
  }
  return found;
}
