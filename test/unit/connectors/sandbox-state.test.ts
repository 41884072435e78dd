import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startSandbox } from "../../sandbox/sandbox";
import type { Table } from "../../sandbox/store";
import { keepState } from "../../sandbox/state-file";

describe("the sandbox with a state file", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), "hub-sandbox-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("finds its records again after a restart, and gives out no id twice", async () => {
    const file = path.join(folder, "state.json");
    const run = async <T>(work: (employees: Table) => T): Promise<T> => {
      const sandbox = await startSandbox({ port: 0 });
      const finish = keepState(sandbox.store, file);
      const employees = sandbox.store.table("bamboohr", "employee");
      if (!employees) throw new Error("BambooHR has employees.");
      try {
        return work(employees);
      } finally {
        finish();
        await sandbox.close();
      }
    };
    const first = await run((employees) => employees.insert({ firstName: "Ada" }));
    const gone = await run((employees) => {
      const record = employees.insert({ firstName: "Gone" });
      employees.remove(record.id);
      return record;
    });
    const [names, next] = await run((employees) => [
      employees.live().map((record) => record.fields["firstName"]),
      employees.insert({ firstName: "Next" }),
    ]);
    expect(names).toEqual(["Ada"]);
    expect(new Set([first.id, gone.id, next.id]).size).toBe(3);
  });
});
