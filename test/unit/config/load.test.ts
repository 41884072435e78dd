import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Config, ConfigProblem } from "../../../sidecar/config/config";
import { ConfigError } from "../../../sidecar/config/config-error";
import type { Environment } from "../../../sidecar/config/environment";
import { parseConfigText } from "../../../sidecar/config/file";
import { buildConfig, loadConfig } from "../../../sidecar/config/load";

const VARIABLES: Environment = { QUEUE: "postgres://hub:pw@db/odoo", TOKEN: "0123456789abcdef" };

const GOOD = `odoo:
  url: https://odoo.example.com/
  database: production
  queue_url: env:QUEUE
`;

const build = (text: string, environment: Environment = VARIABLES, folder = "/etc/hub"): Config =>
  buildConfig(parseConfigText(text, "hub.yaml", folder), "hub.yaml", environment);

function problemsOf(text: string, environment: Environment = VARIABLES, folder?: string): ConfigProblem[] {
  try {
    build(text, environment, folder);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  return [];
}

describe("a sound configuration", () => {
  it("needs only where Odoo is and how its queue is reached; everything else has a default", () => {
    expect(build(GOOD)).toMatchObject({
      odoo: { url: "https://odoo.example.com", protocol: "json2", transport: "postgres", timeoutSeconds: 30 },
      admin: { host: "127.0.0.1", port: 8090, token: null },
      delivery: { leaseSeconds: 60, claimSize: 500, maxInFlight: 2000, pollMs: 1000, stopSeconds: 20, reapSeconds: 15 },
      store: { url: null },
      systems: [],
      warnings: [],
    });
  });

  it("may come from the environment alone", () => {
    const config = loadConfig(null, {
      HUB_ODOO_URL: "http://odoo:8069",
      HUB_ODOO_DATABASE: "production",
      HUB_ODOO_QUEUE_URL: "postgres://hub:pw@db/odoo",
      HUB_SYSTEMS_HUBSPOT_CREDENTIALS_ACCESS_TOKEN: "secret",
      HUB_SYSTEMS_HUBSPOT_ENABLED: "false",
    });
    expect(config.odoo.queueUrl).toBe("postgres://hub:pw@db/odoo");
    expect(config.systems).toMatchObject([
      { code: "hubspot", connector: "hubspot", enabled: false, credentials: { accessToken: "secret" } },
    ]);
  });

  it("takes a secret without the line end that editors and shells put behind it", () => {
    const config = build(`${GOOD}  api_key: env:KEY\nadmin:\n  token: env:TOKEN\n`, {
      QUEUE: "postgres://hub:pw@db/odoo\n",
      KEY: "the-key\r\n",
      HUB_ADMIN_TOKEN: "0123456789abcdef\n",
    });
    expect(config).toMatchObject({
      odoo: { queueUrl: "postgres://hub:pw@db/odoo", apiKey: "the-key" },
      admin: { token: "0123456789abcdef" },
    });
  });

  it("lets the environment win over the file, numbers and switches included", () => {
    const config = build(GOOD, {
      ...VARIABLES,
      HUB_ADMIN_PORT: "9000",
      HUB_ODOO_DATABASE: "other",
      HUB_MAPPINGS_DIRS: "/a, b",
    });
    expect(config.admin.port).toBe(9000);
    expect(config.odoo.database).toBe("other");
    expect(config.mappings.dirs).toEqual(["/a", "/etc/hub/b"]);
  });

  it("finds a system's own names in the environment whatever their case", () => {
    const text = `${GOOD}systems:\n  bamboohr:\n    settings:\n      companyDomain: acme\n`;
    const config = build(text, { ...VARIABLES, HUB_SYSTEMS_BAMBOOHR_SETTINGS_COMPANYDOMAIN: "other" });
    expect(config.systems[0]?.settings).toEqual({ companyDomain: "other" });
  });

  it("takes the queue's URL in the file only when it holds no password", () => {
    expect(build(GOOD.replace("env:QUEUE", "postgres://hub@/odoo?host=/run/postgresql")).odoo.queueUrl).toContain(
      "hub@",
    );
  });

  it("says nothing about variables of others", () => {
    expect(build(GOOD, { ...VARIABLES, HUB_CACHE_DIR: "/x", HUB_KEEP_STACK: "1", PATH: "/bin" }).warnings).toEqual([]);
  });

  it("warns about a HUB_ variable that changes nothing, and suggests the one that was meant", () => {
    const { warnings } = build(GOOD, { ...VARIABLES, HUB_ADMIN_PROT: "1" });
    expect(warnings).toMatchObject([{ place: "environment HUB_ADMIN_PROT", fix: "Did you mean HUB_ADMIN_PORT?" }]);
  });
});

describe("a configuration that cannot be used stops the start with place, reason and fix", () => {
  it.each([
    [
      "an unknown key, with the one that was meant",
      `${GOOD}  quue_url: x\n`,
      { code: "config_unknown_key", place: "hub.yaml:5", path: "odoo.quue_url", fix: 'Did you mean "queue_url"?' },
    ],
    [
      "an unknown key of a system",
      `${GOOD}systems:\n  hubspot:\n    base_ulr: http://x\n`,
      {
        code: "config_unknown_key",
        place: "hub.yaml:7",
        path: "systems.hubspot.base_ulr",
        fix: 'Did you mean "base_url"?',
      },
    ],
    [
      "a missing key",
      "odoo:\n  url: http://x\n",
      {
        code: "config_missing_key",
        place: "hub.yaml:1",
        path: "odoo.database",
        fix: 'Add "database:" to the file, or set HUB_ODOO_DATABASE.',
      },
    ],
    [
      "an empty key",
      GOOD.replace("production", ""),
      { code: "config_wrong_value", place: "hub.yaml:3", path: "odoo.database" },
    ],
    [
      "a value that is not one of those allowed",
      `${GOOD}  protocol: soap\n`,
      { code: "config_wrong_value", place: "hub.yaml:5", fix: "Use one of: json2, jsonrpc." },
    ],
    [
      "a number out of range",
      `${GOOD}delivery:\n  lease_seconds: 1\n`,
      { code: "config_wrong_value", place: "hub.yaml:6", path: "delivery.lease_seconds" },
    ],
    [
      "a URL that is none",
      GOOD.replace("https://odoo.example.com/", "odoo"),
      { code: "config_wrong_value", path: "odoo.url" },
    ],
    [
      "a URL with a password in it",
      GOOD.replace("https://odoo", "https://me:secret@odoo"),
      { code: "config_wrong_value", path: "odoo.url" },
    ],
    [
      "a system code that Odoo could not have",
      `${GOOD}systems:\n  Hub-Spot: {}\n`,
      { code: "config_wrong_value", path: "systems.Hub-Spot" },
    ],
    [
      "a variable that is not set",
      GOOD.replace("env:QUEUE", "env:NOWHERE"),
      {
        code: "config_missing_variable",
        place: "hub.yaml:4",
        path: "odoo.queue_url",
        reason: "The environment variable NOWHERE is not set.",
      },
    ],
    [
      "a secret's file that is not there",
      GOOD.replace("env:QUEUE", "file:nowhere"),
      {
        code: "config_secret_unreadable",
        place: "hub.yaml:4",
        reason: "The secret's file /etc/hub/nowhere cannot be read (ENOENT).",
      },
    ],
    [
      "a secret in plain text",
      `${GOOD}systems:\n  hubspot:\n    credentials:\n      accessToken: pat-123\n`,
      { code: "config_plain_secret", place: "hub.yaml:8", path: "systems.hubspot.credentials.accessToken" },
    ],
    [
      "a queue URL with its password in the file",
      GOOD.replace("env:QUEUE", "postgres://hub:pw@db/odoo"),
      { code: "config_plain_secret", path: "odoo.queue_url" },
    ],
    ["transport api without a key", `${GOOD}  transport: api\n`, { code: "config_missing_key", path: "odoo.api_key" }],
    [
      "transport postgres without a URL",
      GOOD.replace("  queue_url: env:QUEUE\n", ""),
      { code: "config_missing_key", path: "odoo.queue_url" },
    ],
    [
      "an API key with more than the key in it",
      `${GOOD}  api_key: env:TWO_LINES\n`,
      { code: "config_wrong_value", path: "odoo.api_key" },
    ],
    ["jsonrpc without a login", `${GOOD}  protocol: jsonrpc\n`, { code: "config_missing_key", path: "odoo.login" }],
    [
      "an admin token that is too short",
      `${GOOD}admin:\n  token: env:SHORT\n`,
      { code: "config_wrong_value", path: "admin.token" },
    ],
    [
      "a door for webhooks without a store",
      `${GOOD}inbound: { port: 8091, public_url: "https://hub.example.com" }\n`,
      { code: "config_missing_key", path: "store.url" },
    ],
    [
      "a door for webhooks without its public address",
      `${GOOD}store: { url: env:QUEUE }\ninbound: { port: 8091 }\n`,
      { code: "config_missing_key", path: "inbound.public_url" },
    ],
    ["text that is not YAML", "odoo: [", { code: "config_not_yaml", path: "(file)" }],
    ["a key that stands twice", `${GOOD}  database: again\n`, { code: "config_not_yaml", place: "hub.yaml:5" }],
    ["a list instead of keys", "- odoo", { code: "config_not_yaml" }],
  ])("%s", (_what, text, expected) => {
    const problems = problemsOf(text, { ...VARIABLES, SHORT: "short", TWO_LINES: "key\nnote" });
    expect(problems[0]).toMatchObject(expected);
    for (const problem of problems) expect(problem.fix).not.toBe("");
  });

  it("an environment value of the wrong kind, naming the variable", () => {
    expect(problemsOf(GOOD, { ...VARIABLES, HUB_ADMIN_PORT: "many" })).toMatchObject([
      { code: "config_wrong_value", place: "environment HUB_ADMIN_PORT", path: "admin.port" },
    ]);
  });

  it("a file that does not exist", () => {
    expect(() => loadConfig("/nowhere/hub.yaml", {})).toThrow("does not exist");
  });

  it("and says everything at once", () => {
    const problems = problemsOf(`${GOOD}  quue_url: x\nadmin:\n  port: many\n`);
    expect(problems.map((problem) => problem.path).sort()).toEqual(["admin.port", "odoo.quue_url"]);
  });

  it("and never shows a secret's value", () => {
    const problems = problemsOf(`${GOOD}systems:\n  hubspot:\n    credentials:\n      accessToken: pat-123\n`);
    expect(JSON.stringify(problems)).not.toContain("pat-123");
  });
});

describe("a secret in a file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "hub-secrets-"));
    writeFileSync(path.join(folder, "queue"), "postgres://hub:pw@db/odoo\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read without its line end, relative to the configuration file", () => {
    chmodSync(path.join(folder, "queue"), 0o400);
    const config = build(GOOD.replace("env:QUEUE", "file:queue"), {}, folder);
    expect(config.odoo.queueUrl).toBe("postgres://hub:pw@db/odoo");
    expect(config.warnings).toEqual([]);
  });

  it("is used with a warning when everybody can read it", () => {
    chmodSync(path.join(folder, "queue"), 0o644);
    const config = build(GOOD.replace("env:QUEUE", "file:queue"), {}, folder);
    expect(config.warnings).toMatchObject([{ code: "config_secret_world_readable", path: "odoo.queue_url" }]);
  });

  it("is not judged in a container, which cannot see who reads it on the host", () => {
    chmodSync(path.join(folder, "queue"), 0o644);
    const config = build(GOOD.replace("env:QUEUE", "file:queue"), { container: "oci" }, folder);
    expect(config.warnings).toEqual([]);
  });
});

it("takes no key of JavaScript's own for a configuration key", () => {
  expect(problemsOf(`${GOOD}constructor: {}\n`)).toMatchObject([{ code: "config_unknown_key", path: "constructor" }]);
  expect(problemsOf(`${GOOD}__proto__: { admin: { port: 1 } }\n`)).toMatchObject([{ code: "config_unknown_key" }]);
});
