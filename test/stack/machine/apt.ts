import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { withLock } from "./lock";
import { cachePaths } from "./paths";
import { run } from "./run";

const DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Something a person has to install first; the message is the whole instruction. */
export class MissingPrerequisite extends Error {
  override name = "MissingPrerequisite";
}

/** The machine's Debian release, or undefined on anything else. */
export async function debianCodename(): Promise<string | undefined> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  const value = (key: string): string | undefined => new RegExp(`^${key}="?([^"\n]*)`, "m").exec(text)?.[1];
  return value("ID") === "debian" && existsSync(DEBIAN_KEYRING) ? value("VERSION_CODENAME") : undefined;
}

/** Install what is missing of `packages` from the machine's own suite; only root can, others are told what to install. */
export async function ensureInstalled(packages: readonly string[], signal?: AbortSignal): Promise<string[]> {
  const missing = await notInstalled(packages);
  if (missing.length === 0) return [];
  if (process.getuid?.() !== 0) {
    throw new MissingPrerequisite(
      `Packages are missing. Install them once, as root:\n  apt-get install --no-install-recommends ${missing.join(" ")}`,
    );
  }
  const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, signal };
  const install = ["-o", "DPkg::Lock::Timeout=300", "install", "-y", "-q", "--no-install-recommends", ...missing];
  const first = await run("apt-get", install, { ...options, allowFailure: true });
  if (first.code !== 0) {
    // Usually the machine's package lists are absent or too old to name files that still exist.
    await run("apt-get", ["update", "-q"], { ...options, allowFailure: true });
    await run("apt-get", install, options);
  }
  return missing;
}

async function notInstalled(packages: readonly string[]): Promise<string[]> {
  const query = ["-W", "-f", "${db:Status-Status} ${Package}\n", ...packages];
  const { stdout } = await run("dpkg-query", query, { allowFailure: true });
  const installed = new Set(
    stdout
      .split("\n")
      .filter((line) => line.startsWith("installed "))
      .map((line) => line.slice("installed ".length)),
  );
  return packages.filter((name) => !installed.has(name));
}

/** The newest cached file of a package, or undefined. */
export async function cachedPackage(name: string): Promise<string | undefined> {
  const files = await readdir(cachePaths.packages()).catch(() => []);
  const found = files.filter((file) => file.startsWith(`${name}_`) && file.endsWith(".deb")).sort();
  const newest = found.at(-1);
  return newest && path.join(cachePaths.packages(), newest);
}

/**
 * Fetch package files from `suite` into the cache, unless they are there already: a version in unstable can vanish any day.
 * apt verifies the signatures, with a state of its own, so that the machine's sources stay untouched and root is not needed.
 */
export async function downloadPackages(names: readonly string[], suite: string, signal?: AbortSignal): Promise<void> {
  const missing = async (): Promise<string[]> => {
    const found = await Promise.all(names.map(async (name) => await cachedPackage(name)));
    return names.filter((_name, index) => found[index] === undefined);
  };
  if ((await missing()).length === 0) return;
  const folder = cachePaths.packages();
  await withLock(
    `${folder}.lock`,
    async () => {
      const wanted = await missing();
      if (wanted.length === 0) return;
      // Files appear in the cache when they are complete, so an interrupted download is not taken for one.
      const partial = path.join(folder, "partial");
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial, { recursive: true });
      const apt = await privateApt(suite);
      await run("apt-get", [...apt, "update", "-q"], { signal });
      await run("apt-get", [...apt, "download", "-q", ...wanted], { cwd: partial, signal });
      for (const file of await readdir(partial)) await rename(path.join(partial, file), path.join(folder, file));
    },
    { signal },
  );
}

/** Options that point apt at a folder of ours holding one source: `suite` on the site this machine is configured for. */
async function privateApt(suite: string): Promise<string[]> {
  const state = path.join(cachePaths.aptState(), suite);
  await mkdir(path.join(state, "lists", "partial"), { recursive: true });
  await mkdir(path.join(state, "cache", "archives", "partial"), { recursive: true });
  const sources = path.join(state, "sources.list");
  await writeFile(sources, `deb [signed-by=${DEBIAN_KEYRING}] ${await configuredSite()} ${suite} main\n`);
  const options = {
    "Dir::Etc::SourceList": sources,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::Etc::Preferences": "/dev/null",
    "Dir::Etc::PreferencesParts": "/dev/null",
    "Dir::State": state,
    "Dir::State::Lists": path.join(state, "lists"),
    "Dir::Cache": path.join(state, "cache"),
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
  };
  return Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
}

async function configuredSite(): Promise<string> {
  const codename = await debianCodename();
  const format = ["indextargets", "--format", "$(SITE) $(RELEASE) $(COMPONENT)", "Created-By: Packages"];
  const { stdout } = await run("apt-get", format);
  const lines = stdout.split("\n").map((line) => line.split(" "));
  const site = lines.find(([, release, component]) => release === codename && component === "main")?.[0];
  if (!site) throw new MissingPrerequisite(`apt has no source for Debian ${codename ?? "(unknown)"} main configured.`);
  return site;
}
