import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { HUB_DATABASE, HUB_ROLE, QUEUE_ROLE } from "../postgres/roles";
import type { Instance } from "../instance";
import { checkoutId, repoRoot } from "../machine/paths";
import { run, type RunOptions, type RunResult } from "../machine/run";
import { MODULES } from "../odoo/modules";
import { COMPOSE_FILE, type Compose } from "./compose";

/** One stack as a Compose project: its name, its files, and the values they ask for. */
export class Project {
  constructor(
    private readonly compose: Compose,
    private readonly instance: Instance,
  ) {}

  /** Passwords for the containers. They read the files as users of their own, so only the folder keeps others out. */
  async writeSecrets(): Promise<void> {
    const { passwords, serviceKey } = this.instance;
    const inside = (user: string, password: string, database: string): string =>
      `postgres://${user}:${encodeURIComponent(password)}@postgres:5432/${database}`;
    const secrets: Record<string, string> = {
      postgres_password: passwords.postgres,
      odoo_database_password: passwords.odoo,
      hub_database_password: passwords.hub,
      hub_admin_token: passwords.adminToken,
      hub_odoo_api_key: serviceKey?.key ?? "",
      hub_odoo_queue_url: inside(QUEUE_ROLE, passwords.queue, "odoo"),
      hub_store_url: inside(HUB_ROLE, passwords.hub, HUB_DATABASE),
    };
    await mkdir(this.secretsDir, { recursive: true });
    await mkdir(this.configDir, { recursive: true });
    for (const [name, value] of Object.entries(secrets)) {
      const file = path.join(this.secretsDir, name);
      await writeFile(file, value);
      await chmod(file, 0o644);
    }
  }

  /** Run Compose on this project. */
  async run(args: string[], options: Pick<RunOptions, "signal" | "input" | "allowFailure"> = {}): Promise<RunResult> {
    const { ports, doorPort, demoData } = this.instance;
    const files = ["--file", COMPOSE_FILE, "--file", path.join(__dirname, "published.yml")];
    const all = [...this.compose.args, "--project-name", this.name, ...files, "--profile", "demo", ...args];
    const env = {
      ...process.env,
      HUB_SECRETS_DIR: this.secretsDir,
      HUB_CONFIG_DIR: this.configDir,
      POSTGRES_PORT: String(ports.postgres),
      ODOO_PORT: String(ports.odoo),
      HUB_PORT: String(ports.sidecar),
      ...(doorPort !== undefined && { HUB_DOOR_PORT: String(doorPort) }),
      SANDBOX_PORT: String(ports.sandbox),
      ODOO_MODULES: [...MODULES, "integration_hub"].join(","),
      ...(demoData && { ODOO_ARGUMENT: "--with-demo" }),
    };
    return await run(this.compose.command, all, { cwd: repoRoot, env, ...options });
  }

  /** The command a person can type to see a service's log. */
  logCommand(service: string): string {
    return `docker compose --project-name ${this.name} logs ${service}`;
  }

  get configDir(): string {
    return path.join(this.instance.dir, "config");
  }

  private get secretsDir(): string {
    return path.join(this.instance.dir, "container-secrets");
  }

  private get name(): string {
    return `hub-${this.instance.name}-${checkoutId()}`.toLowerCase();
  }
}
