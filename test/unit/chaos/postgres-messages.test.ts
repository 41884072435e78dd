import { ClientSide, ServerSide } from "../../chaos/crash/postgres-messages";

/** As the client puts it on the wire: a letter, the length, zero-ended texts. */
function message(type: string, ...texts: string[]): Buffer {
  const body = Buffer.concat(texts.map((text) => Buffer.from(`${text}\0`)));
  const head = Buffer.alloc(type.length + 4);
  head.write(type);
  head.writeInt32BE(body.length + 4, type.length);
  return Buffer.concat([head, body]);
}

describe("reading along with Postgres's protocol", () => {
  const startUp = message("", "user", "hub_sidecar");
  const prepared = message("P", "s1", "SELECT * FROM integration_hub.settle($1, $2::jsonb)");
  const called = message("B", "", "s1", '[{"outcome":"delivered"}]');

  it("names the function of every call, also of a statement that was prepared once and is called again", () => {
    const client = new ClientSide();
    expect(client.push(startUp)).toEqual([]);
    expect(client.push(Buffer.concat([prepared, called])).map(({ name }) => name)).toEqual(["settle"]);
    const [again] = client.push(called);
    expect(again?.name).toBe("settle");
    expect(again?.bytes.includes("delivered")).toBe(true);
    expect(client.push(message("Q", "SELECT integration_hub.reap()")).map(({ name }) => name)).toEqual(["reap"]);
    expect(client.push(message("Q", "LISTEN integration_hub")).map(({ name }) => name)).toEqual([""]);
  });

  it("sees a call when its last byte is there, however the stream is cut", () => {
    const client = new ClientSide();
    const stream = Buffer.concat([startUp, prepared, called]);
    const seen = [...stream].flatMap((byte, place) => client.push(Buffer.from([byte])).map(() => place));
    expect(seen).toEqual([stream.length - 1]);
  });

  it("knows when an answer is complete", () => {
    const server = new ServerSide();
    expect(server.push(Buffer.concat([message("D", "row"), message("C", "SELECT 1")]))).toBe(false);
    expect(server.push(message("Z", ""))).toBe(true);
  });
});
