import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse } from "yaml";
import { loadConfig } from "../../../sidecar/config/load";
import { COMPOSE_FILE, ensureComposeReader, type Compose } from "../../stack/docker/compose";
import { Project } from "../../stack/docker/project";
import { createInstance, type Instance } from "../../stack/instance";
import { currentUser } from "../../stack/machine/os-user";
import { repoRoot } from "../../stack/machine/paths";
import { run } from "../../stack/machine/run";

interface Service {
  image?: string;
  user?: string;
  read_only?: boolean;
  stop_grace_period?: string;
  profiles?: string[];
  healthcheck?: object;
  environment?: Record<string, string>;
  ports?: string[];
  cap_drop?: string[];
}

const file = parse(readFileSync(COMPOSE_FILE, "utf8"), { merge: true }) as { services: Record<string, Service> };
const folders = { HUB_SECRETS_DIR: "/nowhere/secrets", HUB_CONFIG_DIR: "/nowhere/config" };

describe("the compose file, read by Compose itself", () => {
  let compose: Compose;

  beforeAll(async () => {
    const found = await ensureComposeReader();
    if (!found) throw new Error("No Docker Compose 2 here, and none could be fetched: install its plugin.");
    compose = found;
    process.stdout.write(
      `docker-compose.yml was read by ${[found.command, ...found.args].join(" ")} ${found.version}\n`,
    );
  }, 120_000);

  const read = async (env: Record<string, string>, ...args: string[]): Promise<{ code: number; stderr: string }> =>
    await run(compose.command, [...compose.args, "--file", COMPOSE_FILE, ...args, "config", "--quiet"], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      allowFailure: true,
    });

  it.each([[[]], [["--profile", "demo"]]])("is accepted with %j", async (profile: string[]) => {
    expect(await read(folders, ...profile)).toMatchObject({ code: 0, stderr: "" });
  });

  it.each(Object.keys(folders))("refuses to start without %s, and says where to read on", async (name) => {
    const others = Object.entries(folders).filter(([other]) => other !== name);
    const result = await read(Object.fromEntries(others));
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain(`${name} is missing a value`);
    expect(result.stderr).toContain("docs/operations/stack.md");
  });

  it("lets an administrator name another Odoo image", async () => {
    const { stdout } = await run(compose.command, [...compose.args, "--file", COMPOSE_FILE, "config", "--images"], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...folders, ODOO_IMAGE: "example.com/our/odoo:19" },
    });
    expect(stdout.split("\n")).toContain("example.com/our/odoo:19");
  });

  it("is accepted with what a stack adds to it", async () => {
    const { project, dispose } = await projectIn(compose);
    try {
      expect(await project.run(["config", "--quiet"])).toMatchObject({ code: 0, stderr: "" });
    } finally {
      dispose();
    }
  });
});

describe("the compose file, by our own rules", () => {
  it.each(Object.keys(file.services))("%s has a health check and no capability it does not need", (name) => {
    const service = file.services[name];
    expect(service?.healthcheck).toBeDefined();
    expect(service?.cap_drop).toEqual(["ALL"]);
  });

  it("keeps passwords out of the environment", () => {
    for (const service of Object.values(file.services)) {
      for (const [key, value] of Object.entries(service.environment ?? {})) {
        if (/PASSWORD|TOKEN|KEY|STORE_URL|QUEUE_URL/.test(key)) expect(value).toMatch(/^(file:)?\/run\/secrets\//);
      }
    }
  });

  it("publishes on this machine only", () => {
    const ports = Object.values(file.services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it("runs the sidecar as nobody in particular on a read-only root", () => {
    expect(file.services["sidecar"]).toMatchObject({ read_only: true, user: "1000:1000" });
  });

  it("has the sandbox in the demo profile alone", () => {
    const demo = Object.entries(file.services).filter(([, service]) => service.profiles?.includes("demo"));
    expect(demo.map(([name]) => name)).toEqual(["sandbox"]);
  });
});

it("gives every secret of the compose file a value, in a folder closed to others", async () => {
  const { project, instance, dispose } = await projectIn({ command: "false", args: [], version: "" });
  try {
    await project.writeSecrets();
    const folder = path.join(instance.dir, "container-secrets");
    const declared = (parse(readFileSync(COMPOSE_FILE, "utf8")) as { secrets: Record<string, object> }).secrets;
    expect(readdirSync(folder).sort()).toEqual(Object.keys(declared).sort());
    expect(statSync(instance.dir).mode & 0o077).toBe(0);
    expect(readFileSync(path.join(folder, "postgres_password"), "utf8")).toBe(instance.passwords.postgres);
  } finally {
    dispose();
  }
});

it("gives the sidecar variables and secrets that it knows", async () => {
  const { project, instance, dispose } = await projectIn({ command: "false", args: [], version: "" });
  try {
    instance.serviceKey = { key: "an-api-key", expires: "2030-01-01T00:00:00Z" };
    await project.writeSecrets();
    const configured = (variables: Record<string, string>) =>
      loadConfig(
        null,
        Object.fromEntries(
          Object.entries(file.services["sidecar"]?.environment ?? {}).map(([key, value]) => [
            key,
            interpolated(value, variables).replace("/run/secrets", path.join(instance.dir, "container-secrets")),
          ]),
        ),
      );
    const { odoo, store, admin, inbound, delivery } = configured({});
    // Compose kills what has not ended by then.
    const grace = interpolated(file.services["sidecar"]?.stop_grace_period ?? "10s", {});
    expect(Number(/^(\d+)s$/.exec(grace)?.[1])).toBeGreaterThan(delivery.stopSeconds + 10);
    expect({ odoo, store, admin }).toMatchObject({
      odoo: { url: "http://odoo:8069", database: "odoo" },
      admin: { host: "0.0.0.0", port: 8090 },
    });
    expect(inbound).toBeNull();
    expect(configured({ HUB_PUBLIC_URL: "https://hub.example.com" }).inbound).toMatchObject({
      host: "0.0.0.0",
      port: 8092,
      publicUrl: "https://hub.example.com",
    });
    expect(JSON.stringify({ odoo, store, admin })).toContain(instance.passwords.adminToken);
    expect(JSON.stringify(odoo)).toContain("an-api-key");
  } finally {
    dispose();
  }
});

/** What Compose makes of `${NAME:-default}` and `${NAME:+value}`. */
function interpolated(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\{(\w+):([-+])([^}]*)\}/g, (_, name: string, sign: string, other: string) => {
    const value = variables[name] ?? "";
    return sign === "+" ? value && other : value || other;
  });
}

it("copies into the image only what the images use", () => {
  const ignore = readFileSync(path.join(repoRoot, ".dockerignore"), "utf8");
  expect(ignore.split("\n").filter((line) => line && !line.startsWith("#"))[0]).toBe("*");
  const dockerfile = readFileSync(path.join(repoRoot, "sidecar", "Dockerfile"), "utf8");
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? "").split(" "),
  );
  for (const source of copied) {
    const allowed = ignore
      .split("\n")
      .some((line) => line.startsWith("!") && `${source}/`.startsWith(`${line.slice(1)}/`));
    expect({ source, allowed }).toEqual({ source, allowed: true });
  }
});

async function projectIn(compose: Compose): Promise<{ project: Project; instance: Instance; dispose: () => void }> {
  const cache = mkdtempSync(path.join(tmpdir(), "hub-compose-"));
  const before = process.env["HUB_CACHE_DIR"];
  process.env["HUB_CACHE_DIR"] = cache;
  try {
    const instance = await createInstance("unit", true, currentUser());
    const dispose = (): void => rmSync(cache, { recursive: true, force: true });
    return { project: new Project(compose, instance), instance, dispose };
  } finally {
    if (before === undefined) delete process.env["HUB_CACHE_DIR"];
    else process.env["HUB_CACHE_DIR"] = before;
  }
}
