import { spawnSync } from "node:child_process";
import path from "node:path";
import { repoRoot } from "../../stack/machine/paths";

/** What the stack's command does not understand does nothing, and says why. */
describe("the stack's command", () => {
  it.each([
    ["status --name ../elsewhere", /'\.\.\/elsewhere' is invalid\. It must be letters/],
    ["restart sandbox --immediate", /--immediate is for postgres/],
  ])(
    "refuses %s",
    (line, said) => {
      const program = path.join(repoRoot, "test", "stack", "cli.ts");
      const ran = spawnSync(process.execPath, ["--import", "tsx", program, ...line.split(" ")], { cwd: repoRoot });
      expect(ran.status).toBe(1);
      expect(ran.stderr.toString("utf8")).toMatch(said);
    },
    60_000,
  );
});
