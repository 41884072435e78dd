import type { Handshake, NoticeDefinition } from "../../../../sidecar/connectors/webhooks/definition";
import { compileHandshakes } from "../../../../sidecar/connectors/webhooks/handshake";
import { compileNotices } from "../../../../sidecar/connectors/webhooks/notices";
import type { RawRequest } from "../../../../sidecar/connectors/webhooks/raw-request";

const HUBSPOT: NoticeDefinition = {
  each: "",
  id: ["eventId", "subscriptionId"],
  event: "subscriptionType",
  events: {
    "company.deletion": { object: "company", change: "deleted" },
    "company.*": { object: "company", change: "changed" },
    "company.merge*": { object: "company", change: "merged" },
  },
  externalId: "objectId",
  occurredAt: "occurredAt",
};

describe("the notices in a webhook's body", () => {
  it("are its items, each with what happened to which record (HubSpot)", () => {
    const { items, read } = compileNotices(HUBSPOT);
    const body = [
      {
        eventId: 1,
        subscriptionId: 7,
        subscriptionType: "company.propertyChange",
        objectId: 55,
        occurredAt: 1_700_000_000_000,
      },
      { eventId: 2, subscriptionId: 7, subscriptionType: "company.deletion", objectId: 55 },
      { eventId: 3, subscriptionId: 7, subscriptionType: "company.merge", objectId: 56 },
    ];
    expect(read(items(body)).notices).toMatchObject([
      { key: "1:7", object: "company", change: "changed", externalId: "55", occurredAt: new Date(1_700_000_000_000) },
      { key: "2:7", object: "company", change: "deleted", occurredAt: null },
      { key: "3:7", object: "company", change: "merged", externalId: "56" },
    ]);
  });

  it("keep an event that the definition does not know, and count what names no record", () => {
    const { items, read } = compileNotices(HUBSPOT);
    const { notices, ignored } = read(
      items([{ subscriptionType: "deal.creation", objectId: 1 }, { objectId: 2 }, null, 3]),
    );
    expect(notices).toMatchObject([{ event: "deal.creation", object: null, change: null }]);
    expect(ignored).toBe(3);
  });

  it("have names that an index takes: a longer one is replaced by the content, and a longer record's id is none", () => {
    const { read } = compileNotices({ id: ["name"], event: "type", events: {}, externalId: "id" });
    const long = "x".repeat(3_000);
    const { notices, ignored } = read([
      { type: "a", id: "1", name: long },
      { type: "a", id: long, name: "n" },
    ]);
    expect(notices).toMatchObject([{ externalId: "1" }]);
    expect(notices[0]?.key.length).toBeLessThan(100);
    expect(ignored).toBe(1);
  });

  it("without an id are known by their content, whatever the order of its keys", () => {
    const { read } = compileNotices({ event: "type", events: {}, externalId: "id" });
    const [one] = read([{ type: "a", id: "1", more: { x: 1, y: [2] } }]).notices;
    const [same] = read([{ more: { y: [2], x: 1 }, id: "1", type: "a" }]).notices;
    const [other] = read([{ type: "a", id: "1", more: { x: 2, y: [2] } }]).notices;
    expect(same?.key).toBe(one?.key);
    expect(other?.key).not.toBe(one?.key);
  });

  it("may say in a header what happened; the same content after another event is another notice (Clockify)", () => {
    const { read } = compileNotices({
      event: { header: "Clockify-Webhook-Event-Type" },
      events: { TIME_ENTRY_DELETED: { object: "time_entry", change: "deleted" } },
      externalId: "id",
    });
    const [made] = read([{ id: "1" }], { "clockify-webhook-event-type": "NEW_TIME_ENTRY" }).notices;
    const [gone] = read([{ id: "1" }], { "clockify-webhook-event-type": "TIME_ENTRY_DELETED" }).notices;
    expect(gone).toMatchObject({ object: "time_entry", change: "deleted", externalId: "1" });
    expect(gone?.key).not.toBe(made?.key);
    expect(read([{ id: "1" }]).ignored).toBe(1);
  });

  it("may be named by several parts together; one that lacks a part says nothing (Asana)", () => {
    const { read } = compileNotices({
      event: { join: ["resource.resource_type", "action"] },
      events: {
        "task.*": { object: "task", change: "changed" },
        "task.deleted": { object: "task", change: "deleted" },
      },
      externalId: "resource.gid",
    });
    const resource = { gid: "7", resource_type: "task" };
    const { notices, ignored } = read([
      { action: "added", resource },
      { action: "deleted", resource },
      { action: "added", resource: { gid: "8", resource_type: "story" } },
      { action: "added", resource: { gid: "9" } },
    ]);
    expect(notices).toMatchObject([
      { event: "task.added", object: "task", change: "changed", externalId: "7" },
      { event: "task.deleted", object: "task", change: "deleted", externalId: "7" },
      { event: "story.added", object: null },
    ]);
    expect(ignored).toBe(1);
  });

  it("are none in a heartbeat, and none where the list is missing (Asana)", () => {
    const { items, read } = compileNotices({ each: "events", event: "action", events: {}, externalId: "resource.gid" });
    expect(read(items({ events: [] }))).toEqual({ notices: [], ignored: 0 });
    expect(items({})).toEqual([]);
    expect(items(undefined)).toEqual([]);
  });
});

describe("handshakes", () => {
  const request = (query: string, headers: Record<string, string> = {}): RawRequest => ({
    method: "POST",
    url: `https://hub.example.com/webhooks/x?${query}`,
    query: new URLSearchParams(query),
    headers,
    body: Buffer.alloc(0),
  });

  it("give back what the vendor asks for: in the body (Slack), from the query (Microsoft Graph), in a header (Asana)", () => {
    const slack: Handshake = {
      when: { path: "type", equals: "url_verification" },
      value: "challenge",
      as: "json",
      key: "challenge",
    };
    const graph: Handshake = {
      when: { value: "{query.validationToken?}", exists: true },
      signed: false,
      value: { query: "validationToken" },
      as: "text",
    };
    const asana: Handshake = {
      when: { header: "X-Hook-Secret", exists: true },
      signed: false,
      keep: true,
      value: { header: "X-Hook-Secret" },
      as: "header",
      key: "X-Hook-Secret",
    };
    const answer = compileHandshakes([slack, graph, asana]);
    expect(answer(request(""), { type: "url_verification", challenge: "c" })).toEqual({
      type: "json",
      key: "challenge",
      value: "c",
      signed: true,
      keep: false,
    });
    expect(answer(request("validationToken=a%20b"), undefined)).toMatchObject({
      type: "text",
      value: "a b",
      signed: false,
    });
    expect(answer(request("", { "x-hook-secret": "s" }), undefined)).toMatchObject({
      type: "header",
      value: "s",
      keep: true,
    });
    expect(answer(request(""), { type: "event_callback" })).toBeNull();
  });

  it("take a secret in the body, and give back nothing but that it came (Gusto)", () => {
    const gusto: Handshake = {
      when: { path: "verification_token", exists: true },
      signed: false,
      keep: true,
      value: "verification_token",
      as: "nothing",
    };
    const body = { verification_token: "t", webhook_subscription_uuid: "u" };
    expect(compileHandshakes([gusto])(request(""), body)).toMatchObject({ type: "nothing", value: "t", keep: true });
    expect(compileHandshakes([gusto])(request(""), { event_type: "payroll.paid" })).toBeNull();
  });

  it("give back no more than a challenge can be", () => {
    const echo: Handshake = { when: { path: "c", exists: true }, value: "c", as: "text" };
    expect(compileHandshakes([echo])(request(""), { c: "x".repeat(513) })).toBeNull();
  });
});
