/** The configuration after validation, defaults and secrets; units and defaults are in `hub.example.yaml`. */
export interface Config {
  /** The file it came from; null when everything came from the environment. */
  file: string | null;
  odoo: OdooConfig;
  /** `key`: 32 bytes in base64. */
  store: { url: string | null; key: string | null };
  admin: { host: string; port: number; token: string | null };
  /** Null: the door for webhooks is closed. */
  inbound: InboundConfig | null;
  /** How often it is looked what changed in other systems; 0: only when asked for. */
  polling: { minutes: number; sweepHours: number };
  mappings: { dirs: string[] };
  systems: SystemConfig[];
  delivery: DeliveryConfig;
  log: { level: string };
  telemetry: { otlpEndpoint: string | null };
  /** What is allowed but unwise, for the log at start. */
  warnings: ConfigProblem[];
}

export interface OdooConfig {
  url: string;
  database: string;
  databaseUuid: string | null;
  protocol: "json2" | "jsonrpc";
  login: string | null;
  apiKey: string | null;
  transport: "postgres" | "api";
  queueUrl: string | null;
  timeoutSeconds: number;
}

export interface InboundConfig {
  host: string;
  port: number;
  publicUrl: string;
  proxies: number;
  maxBodyKb: number;
  maxPerSecond: number;
}

export interface SystemConfig {
  code: string;
  connector: string;
  name: string | null;
  enabled: boolean;
  baseUrl: string | null;
  settings: Record<string, string | number | boolean>;
  credentials: Record<string, string>;
  concurrency: number | null;
}

export interface DeliveryConfig {
  leaseSeconds: number;
  claimSize: number;
  maxInFlight: number;
  pollMs: number;
  stopSeconds: number;
  reapSeconds: number;
}

/** One thing that is wrong with the configuration: where it stands, why, and what to do. */
export interface ConfigProblem {
  code: string;
  /** `hub.yaml:12` or `environment`. */
  place: string;
  /** Dotted path of the key: `odoo.queue_url`. */
  path: string;
  reason: string;
  fix: string;
}
