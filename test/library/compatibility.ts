/**
 * `npm run compatibility [-- --against FOLDER|GIT-REF]`: what the canonical schemas differ in from an earlier state. Ends with 1 when a change
 * breaks somebody and the object's version did not rise.
 *
 * Without --against: the last release before this commit (the newest tag), because that is what others rely on, however many commits were made since. Before
 * the first release: the commit before this one, or on a branch where it left main. A clone that holds no earlier commit asks its origin for one.
 */
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import path from "node:path";
import { Command } from "commander";
import type { JsonObject } from "../../sidecar/domain/json";
import { compareSchemas, type SchemaChange, type Schemas } from "../../sidecar/mapping/compatibility";
import { canonicalSchemas } from "../../sidecar/mapping/load";

const FOLDER = "mappings/canonical";

/** Where the earlier state is: a pack's folder, a git ref, or found out. Undefined: there is none. */
export function earlierSchemas(repository: string, against: string | undefined): Schemas | undefined {
  if (against !== undefined && existsSync(against) && statSync(against).isDirectory()) return canonicalSchemas(against);
  const ref = against ?? earlierCommit(repository);
  return ref === undefined ? undefined : schemasAt(repository, ref);
}

function earlierCommit(repository: string): string | undefined {
  const released = git(repository, "describe", "--tags", "--abbrev=0", "HEAD~1");
  if (released !== undefined) return released;
  const head = git(repository, "rev-parse", "HEAD");
  const left = git(repository, "merge-base", "HEAD", "origin/main");
  if (left !== undefined && left !== head) return left;
  const before = (): string | undefined => git(repository, "rev-parse", "--verify", "--quiet", "HEAD~1");
  return before() ?? (git(repository, "fetch", "--quiet", "--deepen=1") === undefined ? undefined : before());
}

function schemasAt(repository: string, ref: string): Schemas {
  const names = git(repository, "ls-tree", "--name-only", ref, `${FOLDER}/`);
  if (names === undefined) throw new Error(`There is no folder and no commit called ${ref}.`);
  const files = names.split("\n").filter((name) => name.endsWith(".schema.json"));
  return new Map(
    files.map((file) => [
      path.basename(file, ".schema.json"),
      JSON.parse(git(repository, "show", `${ref}:${file}`) ?? "{}") as JsonObject,
    ]),
  );
}

/** What git prints; undefined when it refuses. */
function git(repository: string, ...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: repository, encoding: "utf8", maxBuffer: 64 << 20 });
  return status === 0 ? stdout.trim() : undefined;
}

export function describe({ object, place, breaking, reason }: SchemaChange): string {
  return `${breaking ? "BREAKS    " : "compatible"}  ${[object, place].filter((part) => part !== "").join(".")} ${reason}`;
}

/** Prints what differs; answers the exit code. */
export function compatibility(repository: string, against: string | undefined, print: (line: string) => void): number {
  const before = earlierSchemas(repository, against);
  if (before === undefined) {
    print("There is no earlier state of the canonical schemas to compare with.");
    return 0;
  }
  const { changes, refused } = compareSchemas(before, canonicalSchemas(path.join(repository, "mappings")));
  for (const change of changes) print(describe(change));
  if (refused.length === 0) {
    print(`The canonical schemas are compatible: ${changes.length} change(s).`);
    return 0;
  }
  print(
    `${refused.length} change(s) break what others rely on: raise the version in $id of ${[...new Set(refused.map(({ object }) => object))].join(", ")}, or take them back.`,
  );
  return 1;
}

if (require.main === module) {
  const program = new Command("npm run compatibility --")
    .option("--against <folder or ref>", "the earlier state")
    .parse();
  process.exitCode = compatibility(process.cwd(), program.opts<{ against?: string }>().against, (line) =>
    console.log(line),
  );
}
