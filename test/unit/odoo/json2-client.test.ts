import { Json2Client } from "../../../sidecar/odoo/json2-client";
import { OdooAnswers } from "./odoo-answers";

describe("the JSON-2 client", () => {
  let odoo: OdooAnswers;
  let client: Json2Client;

  beforeEach(async () => {
    odoo = await OdooAnswers.start();
    client = new Json2Client({ url: odoo.url, database: "production", apiKey: "the-key", timeoutMs: 300 });
  });
  afterEach(async () => {
    await client.close();
    await odoo.stop();
  });

  it("calls a method with named arguments, ids and context, under the key and the database's name", async () => {
    odoo.answer = () => ({ body: [7] });
    const answer = await client.call(
      "res.partner",
      "write",
      { vals: { ref: "A" } },
      { ids: [7], context: { lang: "fr_BE" } },
    );
    expect(answer).toEqual([7]);
    expect(odoo.asked).toMatchObject([
      {
        method: "POST",
        url: "/json/2/res.partner/write",
        headers: { authorization: "bearer the-key", "x-odoo-database": "production" },
        body: { vals: { ref: "A" }, ids: [7], context: { lang: "fr_BE" } },
      },
    ]);
  });

  it("throws Odoo's refusal with its kind and without its traceback", async () => {
    const body = { name: "odoo.exceptions.ValidationError", message: "No such VAT.", debug: "Traceback secret" };
    odoo.answer = () => ({ status: 422, body });
    const refused = client.call("res.partner", "write", {});
    await expect(refused).rejects.toMatchObject({
      failure: { kind: "business", code: "odoo_refused", field: "res.partner.write" },
    });
    await expect(refused).rejects.not.toHaveProperty("failure.message", expect.stringContaining("secret"));
  });

  it("takes an answer in HTML for what it is: an unknown database or a wrong address", async () => {
    odoo.answer = () => ({ status: 404, body: "<html></html>" });
    await expect(client.check()).rejects.toMatchObject({ failure: { kind: "data", code: "odoo_not_found" } });
  });

  it("says that odoo.url is another program's address, or leads elsewhere, and to what it is to be set", async () => {
    odoo.answer = () => ({ body: "<html>Welcome</html>" });
    await expect(client.check()).rejects.toMatchObject({
      failure: {
        kind: "technical",
        code: "odoo_answer_unreadable",
        hint: expect.stringContaining("odoo.url") as string,
      },
    });
    odoo.answer = () => ({ status: 301, headers: { location: "https://odoo.example.com/json/2" }, body: "" });
    await expect(client.check()).rejects.toMatchObject({
      failure: {
        code: "odoo_answer_unreadable",
        hint: expect.stringContaining("to https://odoo.example.com.") as string,
      },
    });
  });

  it.each(["drops the connection", "does not answer in time"])(
    "calls it technical when Odoo %s, and never shows the key",
    async (how) => {
      odoo.answer = () => (how === "drops the connection" ? null : "silence");
      const failed = client.call("integration.queue", "write_back", {});
      await expect(failed).rejects.toMatchObject({ failure: { kind: "technical", code: "odoo_unreachable" } });
      await expect(failed).rejects.not.toMatchObject({ message: expect.stringContaining("the-key") as string });
    },
  );
});
