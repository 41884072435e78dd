import { existsSync } from "node:fs";
import path from "node:path";
import { debianCodename, ensureInstalled, MissingPrerequisite } from "./machine/apt";

const PROGRAMS = ["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

/** Path of a browser for tests, installed from the machine's suite when there is none. `HUB_CHROMIUM` names another one. */
export async function ensureChromium(signal?: AbortSignal): Promise<string> {
  const chosen = process.env["HUB_CHROMIUM"];
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new MissingPrerequisite(`HUB_CHROMIUM names a program that does not exist: ${chosen}`);
  }
  const present = find();
  if (present) return present;
  if (!(await debianCodename())) {
    throw new MissingPrerequisite(
      "Browser tests need Chromium or Chrome. Install it, or set HUB_CHROMIUM to its path.",
    );
  }
  await ensureInstalled(["chromium"], signal);
  const installed = find();
  if (!installed) throw new Error("The chromium package is installed, but there is no chromium on the path.");
  return installed;
}

function find(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter(Boolean);
  return PROGRAMS.flatMap((program) => folders.map((folder) => path.join(folder, program))).find((file) =>
    existsSync(file),
  );
}
