import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonObject } from "../../../sidecar/domain/json";
import { compatibility } from "../../library/compatibility";

const FILE = "mappings/canonical/customer.schema.json";
let base: string;
let repository: string;
let said: string[];

function git(folder: string, ...args: string[]): void {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"];
  const { status, stderr } = spawnSync("git", [...identity, ...args], { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
}

function commit(edit: (schema: JsonObject) => void): void {
  const schema = JSON.parse(readFileSync(join(repository, FILE), "utf8")) as JsonObject;
  edit(schema);
  writeFileSync(join(repository, FILE), JSON.stringify(schema));
  git(repository, "commit", "-qam", "an edit");
}

const compare = (folder = repository, against?: string): number => {
  said = [];
  return compatibility(folder, against, (line) => said.push(line));
};

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "hub-library-"));
  repository = join(base, "work");
  cpSync(join(__dirname, "../../../mappings/canonical"), join(repository, "mappings/canonical"), { recursive: true });
  git(repository, "init", "-q", "-b", "main");
  git(repository, "add", ".");
  git(repository, "commit", "-qm", "the first");
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const withoutPhone = (schema: JsonObject): void => {
  delete (schema["properties"] as JsonObject)["phone"];
};

describe("npm run compatibility (GOV-03)", () => {
  it("compares with the commit before, and ends with 1 for what breaks without a new version", () => {
    commit(withoutPhone);
    expect(compare()).toBe(1);
    expect(said).toContain("BREAKS      customer.phone was removed");
    expect(said.at(-1)).toContain("raise the version in $id of customer");
  });

  it("ends with 0 when the version rose, or nothing breaks", () => {
    commit((schema) => {
      withoutPhone(schema);
      schema["$id"] = "hub:canonical/customer/2";
    });
    expect(compare()).toBe(0);
    commit((schema) => (schema["description"] = "Other words."));
    expect(compare()).toBe(0);
    expect(said).toEqual(["The canonical schemas are compatible: 0 change(s)."]);
  });

  it("compares with the last release, however many commits were made since", () => {
    git(repository, "tag", "v1.0.0");
    commit(withoutPhone);
    commit((schema) => (schema["description"] = "Other words."));
    expect(compare()).toBe(1);
    git(repository, "tag", "v1.1.0");
    expect(compare()).toBe(1);
    commit((schema) => (schema["description"] = "Yet other words."));
    expect(compare()).toBe(0);
  });

  it("takes an older commit or another folder to compare with", () => {
    commit(withoutPhone);
    commit((schema) => (schema["description"] = "Other words."));
    expect(compare()).toBe(0);
    expect(compare(repository, "HEAD~2")).toBe(1);
    expect(compare(repository, join(__dirname, "../../../mappings"))).toBe(1);
    expect(() => compare(repository, "no-such-ref")).toThrow("no folder and no commit called no-such-ref");
  });

  it("finds the commit before in a clone that holds only the last one", () => {
    commit(withoutPhone);
    git(base, "clone", "-q", "--depth=1", `file://${repository}`, "shallow");
    expect(compare(join(base, "shallow"))).toBe(1);
  });

  it("says so when there is nothing to compare with", () => {
    expect(compare()).toBe(0);
    expect(said).toEqual(["There is no earlier state of the canonical schemas to compare with."]);
  });
});
