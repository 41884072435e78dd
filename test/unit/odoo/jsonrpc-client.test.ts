import { JsonRpcClient } from "../../../sidecar/odoo/jsonrpc-client";
import { OdooAnswers, type Asked } from "./odoo-answers";

interface Rpc {
  id: number;
  params: { service: string; method: string; args: unknown[] };
}

describe("the JSON-RPC client for Odoo 17 and 18", () => {
  let odoo: OdooAnswers;
  let client: JsonRpcClient;

  beforeEach(async () => {
    odoo = await OdooAnswers.start();
    client = new JsonRpcClient({
      url: odoo.url,
      database: "production",
      login: "hub",
      apiKey: "the-key",
      timeoutMs: 300,
    });
  });
  afterEach(async () => {
    await client.close();
    await odoo.stop();
  });

  const answering = (uid: unknown, object: (rpc: Rpc) => object): void => {
    odoo.answer = ({ body }: Asked) => {
      const rpc = body as Rpc;
      const said = rpc.params.service === "common" ? { result: uid } : object(rpc);
      return { body: { jsonrpc: "2.0", id: rpc.id, ...said } };
    };
  };

  it("signs in once and calls execute_kw with ids, named arguments and context", async () => {
    answering(5, () => ({ result: true }));
    await client.call("res.partner", "write", { vals: { ref: "A" } }, { ids: [7], context: { lang: "fr_BE" } });
    await client.call("integration.queue", "reap", {});
    expect(odoo.asked.map(({ body }) => (body as Rpc).params)).toEqual([
      { service: "common", method: "authenticate", args: ["production", "hub", "the-key", {}] },
      {
        service: "object",
        method: "execute_kw",
        args: [
          "production",
          5,
          "the-key",
          "res.partner",
          "write",
          [[7]],
          { vals: { ref: "A" }, context: { lang: "fr_BE" } },
        ],
      },
      {
        service: "object",
        method: "execute_kw",
        args: ["production", 5, "the-key", "integration.queue", "reap", [], {}],
      },
    ]);
  });

  it("reads errors that come with HTTP 200", async () => {
    answering(5, () => ({
      error: {
        code: 200,
        message: "Odoo Server Error",
        data: { name: "odoo.exceptions.UserError", message: "No.", debug: "x" },
      },
    }));
    await expect(client.call("res.partner", "write", {})).rejects.toMatchObject({
      failure: { kind: "business", code: "odoo_refused", message: "A rule in Odoo refused it: No." },
    });
  });

  it("says that the sign-in was refused when Odoo answers no user, and asks again next time", async () => {
    answering(false, () => ({ result: true }));
    await expect(client.check()).rejects.toMatchObject({ failure: { kind: "credential" } });
    answering(5, () => ({ result: true }));
    await expect(client.call("res.partner", "read", {})).resolves.toBe(true);
  });

  it("calls a dropped connection and an answer that is no JSON technical", async () => {
    odoo.answer = () => null;
    await expect(client.check()).rejects.toMatchObject({ failure: { kind: "technical", code: "odoo_unreachable" } });
    odoo.answer = () => ({ body: "<html>" });
    await expect(client.check()).rejects.toMatchObject({
      failure: { kind: "technical", code: "odoo_answer_unreadable" },
    });
  });
});
