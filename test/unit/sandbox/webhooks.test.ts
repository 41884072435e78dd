import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import pino from "pino";
import { compileWebhooks, type Notice } from "../../../sidecar/connectors/webhooks";
import { createReceiver } from "../../../sidecar/inbound/receiver";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox";
import { definitionOf } from "../connectors/connect";

const SECRET = "what vendor and hub both know";

/** A change at each vendor that it tells of, and what the shipped definition makes of it. */
const VENDORS = [
  { system: "hubspot", type: "company", fields: { name: "Acme" }, change: { name: "Acme Group" }, key: "clientSecret" },
  {
    system: "bamboohr",
    type: "employee",
    fields: { firstName: "Ava" },
    change: { lastName: "Nguyen" },
    key: "webhookKey",
  },
  {
    system: "docusign",
    type: "envelope",
    fields: { status: "sent", accountId: "a" },
    change: { status: "completed" },
    key: "connectKey",
  },
  {
    system: "clockify",
    type: "time_entry",
    fields: { description: "a" },
    change: { description: "b" },
    key: "webhookToken3",
  },
];

/** The stand-ins post as the vendors do, into the sidecar's own door with the shipped definitions (TST-04, SEC-11). */
describe("the sandbox's webhooks", () => {
  let sandbox: Sandbox;
  let door: Server;
  let url: string;
  let kept: Notice[] = [];
  let away = 0;
  const refused: string[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0 });
    const endpoints = new Map(
      VENDORS.map(({ system, key }) => {
        const { webhooks } = definitionOf(system).definition;
        if (!webhooks) throw new Error(`${system} has no webhooks`);
        return [system, compileWebhooks(webhooks, { [key]: SECRET })] as const;
      }),
    );
    const inbox = {
      keep: (_system: string, notices: readonly Notice[]) => {
        if (away-- > 0) throw new Error("the store is away");
        kept.push(...notices);
        return Promise.resolve({ kept: notices.length, repeated: 0 });
      },
    };
    const security = { note: (_system: string, reason: string) => void refused.push(reason) };
    const parts = { endpoints, inbox, security, log: pino({ level: "silent" }) };
    // Vendors sign the address they call, so the port has to be known first.
    const limits = { publicUrl: "", maxBodyBytes: 100_000, maxPerSecond: 1_000, proxies: 0 };
    door = createReceiver(parts, limits).listen(0, "127.0.0.1");
    await new Promise((resolve) => door.once("listening", resolve));
    url = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    limits.publicUrl = url;
  });
  afterAll(async () => {
    await sandbox.close();
    await new Promise((resolve) => door.close(resolve));
  });
  beforeEach(() => {
    sandbox.reset();
    kept = [];
    away = 0;
    refused.length = 0;
  });

  const control = async (method: string, path: string, body?: object): Promise<unknown> => {
    const init = body ? { body: JSON.stringify(body), headers: { "content-type": "application/json" } } : {};
    const answer = await fetch(`${sandbox.url}/_sandbox/${path}`, { method, ...init });
    return answer.status === 204 ? null : await answer.json();
  };
  const subscribe = (system: string, more: object = {}): Promise<unknown> =>
    control("PUT", "webhooks", { system, url: `${url}/webhooks/${system}`, secret: SECRET, ...more });
  const idle = async (): Promise<{ sent: { status: number; tries: number }[] }> =>
    (await control("GET", "webhooks?wait_ms=10000")) as { sent: { status: number; tries: number }[] };
  const add = async (system: string, type: string, fields: object): Promise<string> =>
    ((await control("POST", `records/${system}/${type}`, fields)) as { id: string }).id;

  describe.each(VENDORS)("of $system", ({ system, type, fields, change }) => {
    it("are taken, and name the record that a person changed there", async () => {
      await subscribe(system);
      const id = await add(system, type, fields);
      await control("PATCH", `records/${system}/${type}/${id}`, change);
      const { sent } = await idle();
      expect(sent.map(({ status }) => status)).toEqual(sent.map(() => 200));
      expect(kept.length).toBeGreaterThanOrEqual(2);
      expect(new Set(kept.map((notice) => `${notice.object} ${notice.externalId} ${notice.change}`))).toEqual(
        new Set([`${type} ${id} changed`]),
      );
    });

    it.each(["forged", "unsigned"] as const)("are refused when %s", async (wrong) => {
      await subscribe(system);
      const id = await add(system, type, fields);
      await idle();
      kept = [];
      expect(await control("POST", "webhooks/send", { system, type, id, wrong })).toEqual({ status: 401 });
      expect(kept).toEqual([]);
      expect(refused).toHaveLength(1);
    });
  });

  it.each(["hubspot", "bamboohr"])(
    "of %s are refused when they are an hour old, or altered on the way",
    async (system) => {
      const vendor = VENDORS.find((one) => one.system === system);
      if (!vendor) throw new Error(system);
      await subscribe(system);
      const id = await add(system, vendor.type, vendor.fields);
      await idle();
      for (const wrong of ["stale", "altered"]) {
        expect(await control("POST", "webhooks/send", { system, type: vendor.type, id, wrong })).toEqual({
          status: 401,
        });
      }
      expect(refused).toEqual(["stale", "bad_signature"]);
    },
  );

  it("tell of a deletion, and of a merge with the records that went into the other", async () => {
    await subscribe("hubspot");
    const [a, b, c] = [
      await add("hubspot", "company", {}),
      await add("hubspot", "company", {}),
      await add("hubspot", "company", {}),
    ];
    await control("DELETE", `records/hubspot/company/${c}`);
    await control("POST", `records/hubspot/company/${a}/merge/${b}`);
    await idle();
    expect(kept).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ change: "deleted", externalId: c }),
        expect.objectContaining({
          change: "merged",
          externalId: a,
          item: expect.objectContaining({ mergedObjectIds: [Number(b)] }) as object,
        }),
      ]),
    );
    const answer = await fetch(
      `${sandbox.url}/hubspot/crm/v3/objects/companies/${b}?properties=name,hs_merged_object_ids`,
      {
        headers: { authorization: "Bearer demo" },
      },
    );
    expect(await answer.json()).toMatchObject({ id: a, properties: { hs_merged_object_ids: b } });
  });

  it("come again until they are taken", async () => {
    away = 2;
    await subscribe("docusign");
    await add("docusign", "envelope", { status: "completed", accountId: "a" });
    const { sent } = await idle();
    expect(sent).toMatchObject([{ status: 200, tries: 3 }]);
    expect(kept).toHaveLength(1);
  });

  it("come several times and in another order when that is asked for, the same order for the same seed", async () => {
    const run = async (): Promise<string[]> => {
      sandbox.reset();
      kept = [];
      await subscribe("clockify", { copies: 3, disorderSeed: 5 });
      for (const description of ["1", "2", "3", "4"]) await add("clockify", "time_entry", { description });
      await idle();
      return kept.map(({ item }) => String((item as Record<string, unknown>)["description"]));
    };
    const order = await run();
    expect([...order].sort()).toEqual([..."111222333444"]);
    expect(order).not.toEqual([..."111222333444"]);
  });
});
