/** Properties of a fresh HubSpot account that business integrations use, and those the hub's instructions ask to add. */
const EVERYWHERE = ["hubspot_owner_id", "hs_object_id", "createdate", "hs_lastmodifieddate", "odoo_id", "odoo_active"];

const BY_TYPE: Record<string, string[]> = {
  company: [
    "name",
    "domain",
    "website",
    "phone",
    "address",
    "address2",
    "zip",
    "city",
    "state",
    "country",
    "industry",
    "description",
    "numberofemployees",
    "annualrevenue",
    "lifecyclestage",
    "type",
    "timezone",
    "founded_year",
    "linkedin_company_page",
    "hs_parent_company_id",
    "vat_number",
  ],
  contact: [
    "firstname",
    "lastname",
    "email",
    "phone",
    "mobilephone",
    "jobtitle",
    "website",
    "company",
    "address",
    "zip",
    "city",
    "state",
    "country",
    "lifecyclestage",
    "hs_lead_status",
    "salutation",
    "fax",
    "hs_language",
  ],
  deal: [
    "dealname",
    "pipeline",
    "dealstage",
    "amount",
    "closedate",
    "closed_lost_reason",
    "closed_won_reason",
    "dealtype",
    "description",
    "deal_currency_code",
    "hs_priority",
  ],
  order: [
    "hs_order_name",
    "hs_external_order_id",
    "hs_external_order_status",
    "hs_source_store",
    "hs_currency_code",
    "hs_subtotal_price",
    "hs_tax",
    "hs_total_price",
    "hs_external_created_date",
    "hs_pipeline",
    "hs_pipeline_stage",
    "hs_fulfillment_status",
  ],
  note: ["hs_timestamp", "hs_note_body", "hs_attachment_ids"],
};

/** What HubSpot answers of a record when no properties are asked for, besides id and times. */
const UNASKED: Record<string, string[]> = {
  company: ["name", "domain"],
  contact: ["firstname", "lastname", "email"],
  deal: ["dealname", "amount", "closedate", "dealstage", "pipeline"],
};

export function unaskedOf(type: string): string[] {
  return UNASKED[type] ?? [];
}

export const TYPES = Object.keys(BY_TYPE);

const ALIASES: Record<string, string> = {
  companies: "company",
  "0-2": "company",
  contacts: "contact",
  "0-1": "contact",
  deals: "deal",
  "0-3": "deal",
  orders: "order",
  "0-123": "order",
  notes: "note",
  "0-46": "note",
};

/** The type, from any of the names HubSpot takes; null when there is no such type. */
export function typeNamed(name: string): string | null {
  if (Object.hasOwn(BY_TYPE, name)) return name;
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? null) : null;
}

/** The properties a type begins with. */
export function propertiesOf(type: string): Set<string> {
  return new Set([...EVERYWHERE, ...(BY_TYPE[type] ?? [])]);
}
