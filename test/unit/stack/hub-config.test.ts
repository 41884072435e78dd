import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { loadConfig } from "../../../sidecar/config/load";
import { writeHubConfig } from "../../stack/hub-config";
import type { StackState } from "../../stack/state";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), "hub-config-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const state = (): StackState => ({
  name: "unit",
  mode: "native",
  dir,
  odoo: {
    url: "http://127.0.0.1:8069",
    database: "odoo",
    login: "admin",
    password: "x",
    serviceLogin: "integration-sidecar",
    serviceKey: "a-key",
  },
  postgres: {
    adminUrl: "postgres://postgres:x@127.0.0.1:5432/odoo",
    queueUrl: "postgres://hub_sidecar:queue-password@127.0.0.1:5432/odoo",
    hubUrl: "postgres://hub:hub-password@127.0.0.1:5432/hub",
  },
  sidecar: {
    url: "http://127.0.0.1:8090",
    adminToken: "a token of sixteen or more characters",
    configFile: path.join(dir, "hub.yaml"),
    doorUrl: "http://127.0.0.1:8093",
  },
  sandbox: { url: "http://127.0.0.1:8091" },
  links: { url: "http://127.0.0.1:8092" },
  logs: { postgres: "", odoo: "", sandbox: "", links: "", sidecar: "" },
  pids: {},
});

describe("the sidecar's configuration of a stack", () => {
  it("is accepted by the sidecar, with every system on the sandbox", async () => {
    await writeHubConfig(state(), { databaseUuid: "00000000-0000-0000-0000-000000000000" });
    const config = loadConfig(state().sidecar.configFile, {});
    expect(JSON.stringify(config)).toContain("queue-password");
    expect(JSON.stringify(config)).toContain("http://127.0.0.1:8091/hubspot");
    expect(config.inbound).toMatchObject({ host: "127.0.0.1", port: 8093, publicUrl: "http://127.0.0.1:8093" });
    const clockify = config.systems.find(({ code }) => code === "clockify");
    expect(clockify?.credentials).toMatchObject({ webhookToken1: "sandbox-clockify-webhookToken1" });
  });

  it("holds no secret itself, and nobody else may read any of it", async () => {
    await writeHubConfig(state());
    const { readFileSync } = await import("node:fs");
    expect(readFileSync(state().sidecar.configFile, "utf8")).not.toMatch(/password|a-key|a token/);
    expect(statSync(state().sidecar.configFile).mode & 0o077).toBe(0);
    expect(statSync(path.join(dir, "secrets")).mode & 0o077).toBe(0);
    expect(statSync(path.join(dir, "secrets", "queue-url")).mode & 0o077).toBe(0);
  });
});
