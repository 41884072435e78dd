import type { JsonObject } from "../../../sidecar/domain/json";

/** A company as a capture rule records it: every field that the shipped mapping reads, about 1 KB as text. */
export interface CompanySnapshot {
  record: {
    id: number;
    display_name: string;
    active: boolean;
    write_date: string;
    name: string;
    ref: string;
    vat: string;
    company_registry: string;
    email: string;
    phone: string;
    website: string;
    lang: string;
    street: string;
    street2: string | null;
    zip: string;
    city: string;
    state_id: { id: number; model: string; name: string; code: string } | null;
    country_id: { id: number; model: string; name: string; code: string };
    parent_id: { id: number; model: string; name: string; is_company: boolean } | null;
    user_id: { id: number; model: string; name: string; email: string };
  };
  changed: string[];
  before: JsonObject;
}

/** `version` makes two changes of one record differ, as they do: what is equal to the last time is not sent again. */
export function snapshot(id: number, version: number): CompanySnapshot {
  const name = `Benchmark Consulting Partners ${id} & Associates`;
  return {
    record: {
      id,
      display_name: name,
      active: true,
      write_date: "2026-11-22T07:00:00.123Z",
      name: ` ${name} `,
      ref: `C-${id}`,
      vat: `be0477${String(id).padStart(6, "0")}`,
      company_registry: `0477.${id}`,
      email: `Info+${id}@Benchmark-Consulting.example`,
      phone: `+32 2 290 ${version}`,
      website: `https://www.benchmark-${id}.example/fr/contact`,
      lang: "fr_BE",
      street: "Boulevard de la Cambre 1200",
      street2: "Building C, third floor",
      zip: "1000",
      city: "Bruxelles",
      state_id: { id: 3, model: "res.country.state", name: "Brabant wallon", code: "WBR" },
      country_id: { id: 20, model: "res.country", name: "Belgium", code: "BE" },
      parent_id: { id: 7, model: "res.partner", name: "Benchmark Group International", is_company: true },
      user_id: { id: 2, model: "res.users", name: "Mitchell Admin", email: "Admin@YourCompany.example.com" },
    },
    changed: ["email", "phone"],
    before: { email: "old@benchmark.example", phone: null },
  };
}

/**
 * What a program without mappings would do by hand: the same document as the shipped customer mapping and the sink's mapping make together.
 * Nothing is validated, which is to the advantage of whoever uses it.
 */
export function recordByHand({ record }: CompanySnapshot): { key: string; record: Record<string, string | boolean> } {
  return {
    key: `res.partner,${record.id}`,
    record: {
      name: record.name.trim(),
      reference: record.ref,
      taxId: record.vat.trim().toUpperCase(),
      registration: record.company_registry,
      email: record.email.trim().toLowerCase(),
      phone: record.phone.trim(),
      website: record.website.trim(),
      domain: new URL(record.website).host.replace(/^www\./, ""),
      language: record.lang,
      street: record.street.trim(),
      street2: record.street2?.trim() ?? "",
      zip: record.zip.trim(),
      city: record.city.trim(),
      state: record.state_id?.code ?? "",
      country: record.country_id.code,
      parent: record.parent_id?.is_company ? record.parent_id.name : "",
      owner: record.user_id.email.toLowerCase(),
      active: record.active,
    },
  };
}

/** The records of `count` events, in a repeatable mixed order: each of its own, or spread over `records`. */
export function recordIds(first: number, count: number, records = count): number[] {
  const ids = Array.from({ length: count }, (_, index) => first + (index % records));
  let state = 20_261_122;
  for (let at = ids.length - 1; at > 0; at -= 1) {
    // a linear congruential generator is random enough to mix, and the same in every run
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (at + 1);
    [ids[at], ids[other]] = [ids[other] ?? 0, ids[at] ?? 0];
  }
  return ids;
}
