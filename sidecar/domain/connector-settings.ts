/** What administrators set of a connector: `systems/<code>/settings.json` of the pack (mappings/schema/settings.schema.json). */
export interface ConnectorSettings {
  /** Values for the settings that the definition declares. */
  settings?: Record<string, string | number | boolean>;
  /** In place of the definition's base URL, on one of its hosts. */
  baseUrl?: string;
  /** Less than the definition allows: requests at once, and by bucket within its span. */
  limits?: { concurrency?: number; requests?: Record<string, number> };
  /** Fewer records in one request than the definition allows, by object type. */
  batches?: Record<string, number>;
}
