import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { repoRoot } from "../machine/paths";

export const ADDON = "integration_hub";

const ADDONS_FOLDER = path.join(repoRoot, "odoo_addon");

/** Whether there is an addon to install. */
export function addonExists(): boolean {
  return existsSync(path.join(ADDONS_FOLDER, ADDON, "__manifest__.py"));
}

/**
 * One value for everything in the addon that a database can depend on; empty when there is no addon. Its tests are left out: a
 * change there must not make a new template. Take it of the copy that gets installed, since the checkout changes at any moment.
 */
export async function addonHash(folder = ADDONS_FOLDER): Promise<string> {
  if (!existsSync(path.join(folder, ADDON, "__manifest__.py"))) return "";
  const hash = createHash("sha256");
  for (const file of await listFiles(path.join(folder, ADDON))) {
    if (file.startsWith("tests/")) continue;
    const content = await readFile(path.join(folder, ADDON, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/**
 * Bring `into` to the state of the checkout's addons. Only files that differ are written, so that the others keep their times
 * and Python's compiled files stay valid.
 */
export async function copyAddons(into: string): Promise<void> {
  await mkdir(into, { recursive: true });
  await chmod(into, 0o755);
  const wanted = existsSync(ADDONS_FOLDER) ? await listFiles(ADDONS_FOLDER) : [];
  for (const file of await listFiles(into)) if (!wanted.includes(file)) await rm(path.join(into, file));
  for (const file of wanted) {
    const target = path.join(into, file);
    const content = await readFile(path.join(ADDONS_FOLDER, file));
    const present = await readFile(target).catch(() => undefined);
    if (present?.equals(content)) continue;
    await mkdir(path.dirname(target), { recursive: true, mode: 0o755 });
    await writeFile(target, content, { mode: 0o644 });
  }
}

/** Paths of all files below a folder, relative and sorted, without what Python and editors leave behind. */
async function listFiles(root: string): Promise<string[]> {
  const files: string[] = [];
  const walk = async (relative: string): Promise<void> => {
    for (const entry of await readdir(path.join(root, relative), { withFileTypes: true })) {
      const name = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.name === "__pycache__" || /(\.pyc|\.swp|~)$/.test(entry.name)) continue;
      if (entry.isDirectory()) await walk(name);
      else if (entry.isFile()) files.push(name);
    }
  };
  await walk("");
  return files.sort();
}
