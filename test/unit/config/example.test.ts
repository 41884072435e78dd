import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { parseConfigText } from "../../../sidecar/config/file";
import { buildConfig } from "../../../sidecar/config/load";
import { SETTINGS } from "../../../sidecar/config/settings-catalogue";

const FILE = path.resolve(__dirname, "../../../sidecar/config/hub.example.yaml");
const TEXT = readFileSync(FILE, "utf8");

/** Dotted paths of the example, in the names of the settings catalogue. */
function pathsOf(node: unknown, prefix: string[] = []): string[] {
  if (typeof node !== "object" || node === null || Array.isArray(node)) return [generic(prefix)];
  const entries = Object.entries(node);
  if (entries.length === 0) return [generic([...prefix, "<name>"])];
  return entries.flatMap(([key, value]) => pathsOf(value, [...prefix, key]));
}

function generic(parts: string[]): string {
  return parts
    .map((part, index) => (parts[0] !== "systems" ? part : index === 1 ? "<code>" : index === 3 ? "<name>" : part))
    .join(".");
}

describe("the example configuration", () => {
  it("holds every key there is, and no other", () => {
    expect([...new Set(pathsOf(parse(TEXT)))].sort()).toEqual(SETTINGS.map((setting) => setting.path).sort());
  });

  it.each(SETTINGS.map((setting) => [setting.path, setting.env, setting.default] as const))(
    "documents %s with its environment name and default",
    (_path, env, byDefault) => {
      expect(TEXT).toContain(env);
      if (byDefault !== undefined)
        expect(commentOf(env)).toContain(`Default: ${String(byDefault as string | number | boolean)}`);
      else expect(commentOf(env)).toMatch(/Default: |Required/);
    },
  );

  it("can be used as it stands, once its variables are set", () => {
    const config = buildConfig(parseConfigText(TEXT, "hub.example.yaml", path.dirname(FILE)), FILE, {
      ODOO_API_KEY: "key",
      ODOO_QUEUE_URL: "postgres://hub:pw@db/odoo",
      HUB_DATABASE_URL: "postgres://hub:pw@db/hub",
      STORE_KEY: Buffer.alloc(32).toString("base64"),
      ADMIN_TOKEN: "0123456789abcdef",
      HUBSPOT_ACCESS_TOKEN: "pat",
    });
    expect(config.systems.map((system) => system.code)).toEqual(["hubspot"]);
  });
});

/** The comment block a variable's name stands in. */
function commentOf(env: string): string {
  const lines = TEXT.split("\n");
  let at = lines.findLastIndex((line) => line.includes(`(${env}`) || line.includes(`${env})`));
  let block = "";
  for (; at >= 0 && (lines[at] ?? "").trim().startsWith("#"); at -= 1) block = `${lines[at]?.trim().slice(1)} ${block}`;
  return block.replace(/\s+/g, " ");
}
