import type { Fields, StoredRecord } from "../store";

/** The one account of the stand-in. */
export const ACCOUNT = "0d3c1a52-7a1e-4c8f-9d0a-5b1f0f3e2a11";

export interface FormField {
  name: string;
  value: string;
}

const MOMENTS: Record<string, string> = {
  sent: "sentDateTime",
  delivered: "deliveredDateTime",
  completed: "completedDateTime",
  declined: "declinedDateTime",
  voided: "voidedDateTime",
};

/** An envelope in a list. */
export function inList({ id, fields, createdAt, updatedAt }: StoredRecord): Fields {
  const changed = new Date(updatedAt).toISOString();
  const status = String(fields["status"]);
  return {
    envelopeId: id,
    status,
    emailSubject: fields["emailSubject"] ?? "",
    createdDateTime: new Date(createdAt).toISOString(),
    lastModifiedDateTime: changed,
    statusChangedDateTime: changed,
    envelopeUri: `/envelopes/${id}`,
    documentsUri: `/envelopes/${id}/documents`,
    ...(MOMENTS[status] === undefined ? {} : { [MOMENTS[status]]: changed }),
    ...(fields["voidedReason"] === undefined ? {} : { voidedReason: fields["voidedReason"] }),
  };
}

/** An envelope asked for alone, with what `include` names. */
export function shown(record: StoredRecord, include: readonly string[]): Fields {
  const { fields } = record;
  const signer = {
    recipientId: "1",
    recipientIdGuid: "a7f0b1f4-0000-4000-8000-000000000001",
    name: fields["signerName"] ?? "",
    email: fields["signerEmail"] ?? "",
    status: fields["status"],
    routingOrder: "1",
  };
  return {
    ...inList(record),
    ...(include.includes("custom_fields")
      ? { customFields: { textCustomFields: fields["customFields"] ?? [], listCustomFields: [] } }
      : {}),
    ...(include.includes("recipients") ? { recipients: { signers: [signer], recipientCount: "1" } } : {}),
    ...(include.includes("documents")
      ? { envelopeDocuments: [{ documentId: "1", name: "Contract.pdf", type: "content", order: "1" }] }
      : {}),
  };
}

/** A file of one empty page that names its envelope, small and valid. */
export function signedPdf({ id }: StoredRecord): Buffer {
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>",
    `<< /Title (Envelope ${id}) >>`,
  ];
  let text = "%PDF-1.4\n";
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, "0")} 00000 n \n`;
  });
  const start = text.length;
  const trailer = `trailer << /Size ${objects.length + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join("")}${trailer}`;
  return Buffer.from(text, "latin1");
}
