import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "../support/wait-for";
import { input } from "../unit/connectors/connect";
import { startContractRun, type ContractRun } from "./contract-run";
import { specification } from "./prism";

const spec = specification("psa-asana");
const describeWithSpec = spec === null ? describe.skip : describe;

describeWithSpec(
  "Asana's own specification accepts us (INT-06; skipped where the specifications are not there)",
  () => {
    let run: ContractRun;
    let project: string;
    let task: string;

    beforeAll(async () => {
      run = await startContractRun("asana", spec ?? "");
    });
    afterAll(() => run.stop());

    const projectDocument = (name: string) => ({
      project: { name, notes: "For Acme", archived: false, due_on: "2026-12-31", start_on: "2026-12-01" },
    });
    const idOf = (result: Awaited<ReturnType<ContractRun["deliver"]>>): string => (result.ok ? result.externalId : "");

    it("checks the credentials", async () => {
      await expect(run.connector.check()).resolves.toBeUndefined();
    });

    it("finds the workspace and creates a project", async () => {
      const result = await run.deliver(
        input({ key: "project.project,1", type: "project", document: projectDocument("Alpha") }),
      );
      expect(result).toMatchObject({ ok: true, created: true });
      expect(result.ok && result.url).toMatch(/^https:\/\/app\.asana\.com\/1\//);
      project = idOf(result);
    });

    it("finds the project by its reference and updates it", async () => {
      const result = await run.deliver(
        input({ key: "project.project,1", type: "project", document: projectDocument("Beta") }),
      );
      expect(result).toMatchObject({ ok: true, created: false, externalId: project });
    });

    it("creates a task in a section that was not there", async () => {
      const document = {
        task: {
          name: "Kick-off",
          notes: "",
          completed: false,
          due_at: "2026-12-02T16:00:00.000Z",
          projects: [project],
        },
        section: "In progress",
      };
      const result = await run.deliver(input({ key: "project.task,1", type: "task", document }));
      expect(result).toMatchObject({ ok: true, created: true });
      task = idOf(result);
      const stored = run.sandbox.store.table("asana", "task")?.get(task);
      const section = run.sandbox.store.table("asana", "section")?.get(String(stored?.fields["section"]));
      expect(section?.fields["name"]).toBe("In progress");
    });

    it("creates a sub-task", async () => {
      const document = {
        task: { name: "Agenda", notes: "", completed: false, due_at: null, projects: [project], parent: task },
      };
      const result = await run.deliver(input({ key: "project.task,2", type: "task", document }));
      expect(result).toMatchObject({ ok: true, created: true });
    });

    it("reads a project and a task as they are now, for what comes in", async () => {
      expect(await run.fetch("project", project)).toMatchObject({ id: project, record: { name: "Beta" } });
      expect(await run.fetch("task", task)).toMatchObject({ id: task, record: { name: "Kick-off" } });
      expect(await run.fetch("task", "404")).toBeNull();
    });

    it("is subscribed by a call that its specification allows, once the target gives the secret back", async () => {
      const heard: string[] = [];
      const target = createServer((request, response) => {
        const secret = request.headers["x-hook-secret"];
        heard.push(secret === undefined ? "event" : "handshake");
        if (typeof secret === "string") response.setHeader("X-Hook-Secret", secret);
        response.end();
      });
      await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
      const url = `http://127.0.0.1:${(target.address() as AddressInfo).port}/hook`;
      const headers = { authorization: "Bearer demo", "content-type": "application/json" };
      const body = JSON.stringify({ data: { resource: project, target: url } });
      const answer = await fetch(`${run.url}/webhooks`, { method: "POST", headers, body });
      expect(answer.status).toBe(201);
      const { data } = (await answer.json()) as { data: { gid: string } };
      await waitFor("the heartbeat that follows", () => heard.length > 1);
      expect(heard).toEqual(["handshake", "event"]);
      expect((await fetch(`${run.url}/webhooks?workspace=1200000000000001`, { headers })).status).toBe(200);
      expect((await fetch(`${run.url}/webhooks/${data.gid}`, { method: "DELETE", headers })).status).toBe(200);
      await new Promise((resolve) => target.close(resolve));
    });

    it("updates, moves and deletes a task", async () => {
      const document = {
        task: { name: "Kick-off", notes: "", completed: true, due_at: null, projects: [project] },
        section: "Done",
      };
      const one = input({ key: "project.task,1", type: "task", document, externalId: task });
      expect(await run.deliver(one)).toMatchObject({ ok: true, created: false });
      expect(await run.deliver({ ...one, operation: "delete", document: {} })).toMatchObject({
        ok: true,
        removed: true,
      });
    });

    it("is told by a lawful answer that a task is gone", async () => {
      const document = { task: { name: "Kick-off", notes: "", projects: [project] } };
      const result = await run.deliver(input({ key: "project.task,1", type: "task", document, externalId: task }));
      expect(result).toMatchObject({ ok: false, failure: { kind: "data", code: "deleted_at_vendor" } });
    });

    it("archives a project", async () => {
      const one = input({ key: "project.project,1", type: "project", externalId: project, operation: "delete" });
      expect(await run.deliver(one)).toMatchObject({ ok: true, removed: true });
    });

    it("has sent every request of the definition", () => {
      expect(run.unproved()).toEqual([]);
    });

    it("would have noticed a wrong answer of the sandbox", async () => {
      const fault = { kind: "status", status: 200, body: { data: [{ gid: 7 }] } } as const;
      run.sandbox.faults.add({ system: "asana", match: { path: "/workspaces" }, fault, times: 1 });
      const answer = await fetch(`${run.url}/workspaces`, {
        headers: { authorization: "Bearer demo", accept: "application/json" },
      });
      expect(answer.headers.get("content-type")).toContain("problem+json");
      expect(answer.status).toBe(500);
    });

    it.each([
      ["GET", "/projects?limit=1000&workspace=1", null],
      ["POST", "/projects", { data: { name: 7 } }],
      ["PUT", "/projects/1", { data: { archived: "perhaps" } }],
      ["POST", "/projects/1/sections", { data: { title: "To do" } }],
      ["POST", "/tasks", { data: { name: 7 } }],
      ["PUT", "/tasks/1", { data: { completed: "perhaps" } }],
      ["POST", "/sections/1/addTask", { data: {} }],
    ])("would have noticed a wrong %s %s", async (method, path, document) => {
      const headers = { authorization: "Bearer demo", "content-type": "application/json" };
      const body = document === null ? {} : { body: JSON.stringify(document) };
      const answer = await fetch(`${run.url}${path}`, { method, headers, ...body });
      expect(answer.headers.get("content-type")).toContain("problem+json");
      expect(answer.status).toBe(422);
    });
  },
);
