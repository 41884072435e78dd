import { Json2Client } from "../../../sidecar/odoo/json2-client";
import { MissingRecords } from "../../../sidecar/outbound/missing-records";
import { WriteBacks } from "../../../sidecar/outbound/write-back";
import { OdooAnswers } from "../odoo/odoo-answers";

describe("what the pump asks of Odoo", () => {
  let odoo: OdooAnswers;
  let client: Json2Client;

  beforeEach(async () => {
    odoo = await OdooAnswers.start();
    client = new Json2Client({ url: odoo.url, database: "production", apiKey: "key", timeoutMs: 300 });
  });
  afterEach(async () => {
    await client.close();
    await odoo.stop();
  });

  describe("missing records", () => {
    it("are asked for together, each once", async () => {
      odoo.answer = () => ({ body: ["res.partner,1"] });
      const missing = new MissingRecords(client, "hubspot");
      const lanes = ["res.partner,1", "res.partner,2", "res.partner,1"];
      expect(await Promise.all(lanes.map((lane) => missing.request(lane)))).toEqual([true, false, true]);
      expect(odoo.asked.map(({ url, body }) => [url, body])).toEqual([
        ["/json/2/integration.queue/request_records", { system: "hubspot", lanes: ["res.partner,1", "res.partner,2"] }],
      ]);
    });

    it("cannot be asked for without an API key", async () => {
      expect(await new MissingRecords(null, "hubspot").request("res.partner,1")).toBe(false);
    });

    it("are asked for again later when Odoo refuses us: that says nothing about the system they go to", async () => {
      odoo.answer = () => ({ status: 401, body: {} });
      await expect(new MissingRecords(client, "hubspot").request("res.partner,1")).rejects.toMatchObject({
        failure: { kind: "technical", code: "odoo_sign_in_refused" },
      });
    });
  });

  describe("writing back", () => {
    it("takes the records of one moment in one call, with the system as the origin", async () => {
      odoo.answer = () => ({ body: [{ ok: true }, { ok: true }] });
      const writeBacks = new WriteBacks(client, "hubspot");
      await Promise.all([writeBacks.write("res.partner,1", { x: "1" }), writeBacks.write("res.partner,2", { x: "2" })]);
      const values = [
        { lane: "res.partner,1", values: { x: "1" } },
        { lane: "res.partner,2", values: { x: "2" } },
      ];
      expect(odoo.asked.map(({ body }) => body)).toEqual([{ system: "hubspot", values }]);
    });

    it("holds one refused record for its owner and names the field; the other is written", async () => {
      odoo.answer = () => ({
        body: [{ ok: true }, { ok: false, kind: "data", message: "No such field.", field: "x_crm" }],
      });
      const writeBacks = new WriteBacks(client, "hubspot");
      const [good, bad] = await Promise.allSettled([
        writeBacks.write("res.partner,1", { x_crm: "1" }),
        writeBacks.write("res.partner,2", { x_crm: "2" }),
      ]);
      expect(good.status).toBe("fulfilled");
      expect(bad).toMatchObject({
        reason: { failure: { kind: "business", code: "write_back_refused", field: "x_crm" } },
      });
    });

    it("is tried again when Odoo is away, and held when nobody can be asked", async () => {
      odoo.answer = () => null;
      await expect(new WriteBacks(client, "hubspot").write("res.partner,1", { x: "1" })).rejects.toMatchObject({
        failure: { kind: "technical" },
      });
      await expect(new WriteBacks(null, "hubspot").write("res.partner,1", { x: "1" })).rejects.toMatchObject({
        failure: { kind: "business", field: "x" },
      });
    });
  });
});
