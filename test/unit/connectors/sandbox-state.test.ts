import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { keepState } from "../../sandbox/state-file";
import type { Table } from "../../sandbox/store";
import { waitFor } from "../../support/wait-for";

describe("the sandbox with a state file", () => {
  let folder: string;
  let file: string;
  let running: Sandbox | null = null;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "hub-sandbox-"));
    file = path.join(folder, "state.json");
  });
  afterEach(async () => {
    await running?.close();
    running = null;
    rmSync(folder, { recursive: true, force: true });
  });

  /** The sandbox as it is after the one before was killed: nothing was written at its end. */
  const afterKill = async (): Promise<Sandbox> => {
    // a process that was killed posts nothing any more
    running?.webhooks.clear();
    await running?.close();
    running = await startSandbox({ port: 0 });
    keepState(running, file);
    return running;
  };
  const tableOf = (sandbox: Sandbox, system: string, type: string): Table => {
    const table = sandbox.store.table(system, type);
    if (!table) throw new Error(`There is no ${system}/${type}.`);
    return table;
  };
  const employees = (sandbox: Sandbox): Table => tableOf(sandbox, "bamboohr", "employee");

  it("killed, it finds its records as it answered them, and gives out no id twice", async () => {
    const first = employees(await afterKill()).insert({ firstName: "Ada" });
    const people = employees(await afterKill());
    const gone = people.insert({ firstName: "Gone" });
    people.remove(gone.id);
    people.update(first.id, { lastName: "Byron" });
    // a kill in the middle of a line
    appendFileSync(file, '{"records":{"bamboohr/emp');
    const later = employees(await afterKill());
    expect(later.live().map(({ fields }) => fields)).toEqual([{ firstName: "Ada", lastName: "Byron" }]);
    expect(new Set([first.id, gone.id, later.insert({}).id]).size).toBe(3);
  });

  it("still answers with the record into which another was merged", async () => {
    const companies = tableOf(await afterKill(), "hubspot", "company");
    const [a, b, c] = [companies.insert({}), companies.insert({}), companies.insert({})];
    companies.merge(a.id, b.id);
    companies.merge(b.id, c.id);
    const later = tableOf(await afterKill(), "hubspot", "company");
    expect(later.get(a.id)?.id).toBe(c.id);
    expect(later.mergedFrom(c.id)).toEqual([a.id, b.id]);
  });

  it("forgets for good what it was told to forget", async () => {
    const sandbox = await afterKill();
    employees(sandbox).insert({ firstName: "Ada" });
    sandbox.reset();
    expect(employees(await afterKill()).all()).toEqual([]);
  });

  it("still knows who subscribed, and posts what nobody had taken", async () => {
    const bodies: string[] = [];
    const receiver = http.createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString("utf8")));
      request.on("end", () => {
        bodies.push(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const { port } = receiver.address() as AddressInfo;
    await new Promise((resolve) => receiver.close(resolve));

    const sandbox = await afterKill();
    sandbox.webhooks.subscribe({ system: "hubspot", url: `http://127.0.0.1:${port}/`, secret: "s" });
    const { id } = tableOf(sandbox, "hubspot", "company").insert({ name: "Told late" });
    await waitFor("a try in vain", () => (sandbox.webhooks.list("hubspot")[0]?.tries ?? 0) > 0);
    const later = await afterKill();
    await new Promise<void>((resolve) => receiver.listen(port, "127.0.0.1", resolve));
    try {
      await waitFor("the message to arrive", () => bodies.some((body) => body.includes(id)));
      bodies.length = 0;
      const second = tableOf(later, "hubspot", "company").insert({ name: "Told at once" });
      await waitFor("the next one to arrive", () => bodies.some((body) => body.includes(second.id)));
    } finally {
      receiver.closeAllConnections();
      receiver.close();
    }
  });
});
