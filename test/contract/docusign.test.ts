import { ACCOUNT } from "../sandbox/vendors/docusign-answers";
import { startContractRun, type ContractRun } from "./contract-run";
import { specification } from "./prism";

const spec = specification("clm-docusign");
const describeWithSpec = spec === null ? describe.skip : describe;

describeWithSpec(
  "DocuSign's own specification accepts us (INT-06; skipped where the specifications are not there)",
  () => {
    let run: ContractRun;
    let completed: string;

    beforeAll(async () => {
      run = await startContractRun("docusign", spec ?? "");
      const formData = [
        { name: "customer_vat", value: "BE0477472701" },
        { name: "line_2_product", value: "TRAVEL" },
        { name: "line_1_product", value: "CONS" },
        { name: "line_1_price", value: "1200.50" },
      ];
      const envelope = { accountId: ACCOUNT, emailSubject: "Data platform", formData };
      const table = run.sandbox.store.table("docusign", "envelope");
      completed = table?.insert({ ...envelope, status: "completed" }).id ?? "";
      table?.insert({ ...envelope, status: "sent" });
      // Prism compiles the vendor's schemas at their first use.
    }, 240_000);
    afterAll(() => run.stop());

    it("checks the credentials", async () => {
      await expect(run.connector.check()).resolves.toBeUndefined();
    });

    it("reads an envelope with what its signers filled in, by name, numbered fields as lines, and the signed file", async () => {
      const found = await run.fetch("envelope", completed);
      expect(found).toMatchObject({ id: completed, url: `https://app.docusign.com/documents/details/${completed}` });
      expect(found?.record["fields"]).toEqual({
        customer_vat: "BE0477472701",
        line: [
          { key: "1", product: "CONS", price: "1200.50" },
          { key: "2", product: "TRAVEL" },
        ],
      });
      const [file] = found?.record["files"] as { name: string; mimetype: string; data: string }[];
      expect(file).toMatchObject({ name: "Contract.pdf", mimetype: "application/pdf" });
      expect(Buffer.from(file?.data ?? "", "base64").toString("latin1")).toMatch(/^%PDF-1/);
    });

    it("lists envelopes that were completed, and no others", async () => {
      expect(await run.listed("envelope")).toEqual([completed]);
    });

    it("takes an envelope that is not completed, and one that is not there, for nothing", async () => {
      const other = run.sandbox.store.table("docusign", "envelope")?.live().at(1)?.id ?? "";
      expect(await run.fetch("envelope", other)).toBeNull();
      expect(await run.fetch("envelope", "00000000-0000-4000-8000-000000000000")).toBeNull();
    });

    it("has sent every request of the definition", () => {
      expect(run.unproved()).toEqual([]);
    });

    it("would have noticed a wrong answer of the sandbox", async () => {
      const fault = { kind: "status", status: 200, body: { envelopes: "none" } } as const;
      run.sandbox.faults.add({ system: "docusign", fault, times: 1 });
      const answer = await fetch(`${run.url}/v2.1/accounts/${ACCOUNT}/envelopes?from_date=2026-01-01`, {
        headers: { authorization: "Bearer demo", accept: "application/json" },
      });
      expect(answer.status).toBe(500);
    });
  },
);
