import { existsSync } from "node:fs";
import { rename } from "node:fs/promises";
import path from "node:path";
import { cachedPackage, debianCodename, downloadPackages } from "../machine/apt";
import { buildOnce } from "../machine/build-once";
import { cacheRoot, repoRoot } from "../machine/paths";
import { run } from "../machine/run";

export const COMPOSE_FILE = path.join(repoRoot, "docker-compose.yml");

/** A Compose of the current generation: the program with its first arguments, and what it calls itself. */
export interface Compose {
  command: string;
  args: string[];
  version: string;
}

const ANSWER_MS = 10_000;

/** Whether a Docker engine answers; the client alone runs nothing. */
export async function engineAnswers(): Promise<boolean> {
  return (await quietly("docker", ["info", "--format", "{{.ServerVersion}}"])) !== undefined;
}

/** The Compose that is installed here, as a plugin or as a program of its own. */
export async function findCompose(): Promise<Compose | undefined> {
  const candidates: [string, string[]][] = [
    ["docker", ["compose"]],
    ["docker-compose", []],
  ];
  for (const [command, args] of candidates) {
    const version = await quietly(command, [...args, "version", "--short"]);
    // Version 1 does not know half of what the file uses.
    if (version && !/^v?1\./.test(version)) return { command, args, version };
  }
  return undefined;
}

/**
 * A Compose that can at least read the file: the installed one, else on Debian the one from unstable, kept in the cache and
 * not installed. Reading needs no engine.
 */
export async function ensureComposeReader(): Promise<Compose | undefined> {
  const installed = await findCompose();
  if (installed || !(await debianCodename())) return installed;
  await downloadPackages(["docker-compose"], "sid");
  const deb = await cachedPackage("docker-compose");
  if (!deb) return undefined;
  const target = path.join(cacheRoot(), "tools", path.basename(deb, ".deb"));
  await buildOnce(target, async (into) => {
    await run("dpkg-deb", ["-x", deb, into]);
    await rename(path.join(into, "usr/libexec/docker/cli-plugins/docker-compose"), path.join(into, "docker-compose"));
  });
  const command = path.join(target, "docker-compose");
  if (!existsSync(command)) return undefined;
  return { command, args: [], version: (await quietly(command, ["version", "--short"])) ?? "unknown" };
}

async function quietly(command: string, args: string[]): Promise<string | undefined> {
  try {
    const result = await run(command, args, { allowFailure: true, signal: AbortSignal.timeout(ANSWER_MS) });
    return result.code === 0 ? result.stdout.trim() : undefined;
  } catch {
    return undefined; // not installed, or no answer in time
  }
}
