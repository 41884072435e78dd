import type { Delivered, DeliverInput, Refused } from "../connectors/connector";
import type { ClaimedDelivery, Exchange, Link, Outcome } from "../domain/delivery";
import { toFailure, type Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import type { AttemptSpan } from "../telemetry/tracing";
import { logAttempt } from "./attempt-log";
import type { Dispatch } from "./dispatch";
import { fingerprint, idempotencyKey } from "./fingerprint";
import type { Leases } from "./leases";
import { findLinks } from "./links";
import { missingReference, type MissingRecords } from "./missing-records";
import { outcomeOf } from "./outcome";
import type { SettleBuffer } from "./settle-buffer";
import { readSnapshot, type Snapshot } from "./snapshot";
import type { SystemParts } from "./system-parts";
import type { Destination, LinkLookup, MissingLink } from "./translator";
import { valuesToWrite, writeBack } from "./write-back";

/** What the steps of a batch work with besides the system's parts; the pump owns them. */
export interface CarryTools {
  dispatch: Dispatch;
  leases: Leases;
  settle: SettleBuffer;
  missing: MissingRecords;
  /** Told of every failure, so that a refused sign-in or an ailing system stops the claims. */
  onFailure(failure: Failure): void;
}

/** How a delivery ended, before it is settled. */
interface Ending {
  outcome: Outcome;
  exchange: Exchange | null;
  link?: Link & { removed?: boolean };
  failure?: Failure;
  waitFor?: string;
}

/** A claimed delivery with what was read from its snapshot; `fault` when that could not be done. */
interface Read {
  delivery: ClaimedDelivery;
  destination?: Destination;
  snapshot?: Snapshot;
  canonical?: JsonObject;
  fault?: unknown;
}

/** What happens to a claimed batch, top to bottom. Never throws: every delivery ends in a settlement or in its lease running out. */
export class Carry {
  constructor(
    private readonly parts: SystemParts,
    private readonly tools: CarryTools,
  ) {}

  async batch(claimed: readonly ClaimedDelivery[]): Promise<void> {
    const reads = claimed.map((delivery) => this.read(delivery));
    const links = this.linksFor(reads);
    await Promise.all(reads.map((read) => this.one(read, links)));
  }

  private async one(read: Read, links: Promise<LinkLookup>): Promise<void> {
    const { delivery } = read;
    const began = performance.now();
    const span = this.parts.tracing.startAttempt(delivery.traceparent, {
      "hub.system": this.parts.code,
      "hub.delivery": delivery.id,
      "hub.lane": delivery.lane,
    });
    const startedAt = new Date();
    let ending: Ending | null;
    try {
      ending = delivery.operation === "unlink" ? await this.remove(read, span) : await this.bring(read, links, span);
    } catch (thrown) {
      ending = this.failed(toFailure(thrown), this.withoutCall(startedAt, read.destination), thrown);
    }
    await this.settle(delivery, ending, span, began);
  }

  /** Snapshot → canonical → document → vendor → link → write-back. Null when the lease was lost before anything was sent. */
  private async bring(read: Read, links: Promise<LinkLookup>, span: AttemptSpan): Promise<Ending | null> {
    if (!read.destination || !read.canonical || !read.snapshot) throw read.fault;
    const { delivery, destination, canonical, snapshot } = read;
    const startedAt = new Date();

    const { document, missingLinks } = this.parts.translator.toDocument(delivery.object, canonical, await links);
    const [missing] = missingLinks;
    if (missing) return await this.waitFor(missing, this.withoutCall(startedAt, destination));

    const hash = fingerprint(document);
    const known = linkOf(delivery, destination);
    if (known && known.fingerprint === hash && !delivery.forced && !delivery.verify) {
      const exchange = this.withoutCall(startedAt, destination);
      return await this.noteInOdoo(delivery, destination, snapshot, known, "unchanged", exchange);
    }

    const input = this.input(delivery, destination, "upsert", document, known, span);
    const answer = await this.tools.dispatch.send(input, () => this.tools.leases.holds(delivery.id));
    if (!answer) return this.notSent(delivery);
    const exchange = { ...answer.exchange, mapping: destination.mapping };
    if (!answer.ok) return await this.refused(delivery, destination, answer, exchange);

    const link = { type: destination.type, externalId: answer.externalId, url: answer.url, fingerprint: hash };
    const outcome = answer.unchanged ? "unchanged" : "delivered";
    return await this.noteInOdoo(delivery, destination, snapshot, link, outcome, exchange);
  }

  /** A record deleted in Odoo: gone at the vendor too, and nothing to do when it never got there. */
  private async remove(read: Read, span: AttemptSpan): Promise<Ending | null> {
    const { delivery, destination } = read;
    if (!destination) throw read.fault;
    const known = linkOf(delivery, destination);
    if (!known && !delivery.verify) {
      return { outcome: "unchanged", exchange: this.withoutCall(new Date(), destination) };
    }
    const input = this.input(delivery, destination, "delete", {}, known, span);
    const answer = await this.tools.dispatch.send(input, () => this.tools.leases.holds(delivery.id));
    if (!answer) return this.notSent(delivery);
    const exchange = { ...answer.exchange, mapping: destination.mapping };
    if (!answer.ok) return await this.refused(delivery, destination, answer, exchange);
    return { outcome: "delivered", exchange, ...removedLink(destination, known, answer) };
  }

  private read(delivery: ClaimedDelivery): Read {
    try {
      const destination = this.parts.translator.destination(delivery.object, delivery.model);
      if (delivery.operation === "unlink") return { delivery, destination };
      const snapshot = readSnapshot(delivery);
      const canonical = this.parts.translator.toCanonical(delivery.object, delivery.model, snapshot);
      return { delivery, destination, snapshot, canonical };
    } catch (fault) {
      return { delivery, fault };
    }
  }

  /** Not awaited here: a delivery that needs no link must not fail because links cannot be read. */
  private linksFor(reads: readonly Read[]): Promise<LinkLookup> {
    const lanes = new Set<string>();
    for (const { delivery, canonical } of reads) {
      if (!canonical) continue;
      for (const { lane } of this.parts.translator.linkedLanes(delivery.object, canonical)) lanes.add(lane);
    }
    const links = findLinks(this.parts.queue, this.parts.code, lanes);
    links.catch(() => undefined);
    return links;
  }

  private input(
    delivery: ClaimedDelivery,
    destination: Destination,
    operation: DeliverInput["operation"],
    document: JsonObject,
    known: Link | undefined,
    span: AttemptSpan,
  ): DeliverInput {
    return {
      key: delivery.lane,
      type: destination.type,
      operation,
      document,
      externalId: known?.externalId ?? null,
      verify: delivery.verify,
      idempotencyKey: idempotencyKey(this.parts.databaseUuid, this.parts.code, delivery.lane, delivery.eventId),
      lastAttemptAt: delivery.lastAttemptAt,
      traceparent: span.traceparent,
    };
  }

  private async waitFor(missing: MissingLink, exchange: Exchange): Promise<Ending> {
    const { lane, type, path } = missing;
    if (await this.tools.missing.request(lane)) return { outcome: "waiting", exchange, waitFor: lane };
    const { failure } = missingReference(lane, type, path, this.parts.name);
    return { outcome: "held", exchange, failure, waitFor: lane };
  }

  /** Writes the asked values to the Odoo record. The link is stored first, so that a crash in between loses nothing. */
  private async noteInOdoo(
    delivery: ClaimedDelivery,
    destination: Destination,
    snapshot: Snapshot,
    link: Link,
    outcome: "delivered" | "unchanged",
    exchange: Exchange,
  ): Promise<Ending> {
    const values = valuesToWrite(destination.writeBack, link, snapshot.record);
    if (Object.keys(values).length === 0) return { outcome, exchange, link };
    await this.tools.settle.add(delivery.lane, { id: delivery.id, outcome: "applied", exchange, link });
    await writeBack(this.parts.records, this.parts.code, delivery, values);
    return { outcome, exchange: null, link };
  }

  private async refused(
    delivery: ClaimedDelivery,
    destination: Destination,
    answer: Refused,
    exchange: Exchange,
  ): Promise<Ending> {
    if (answer.externalId !== undefined) {
      // The record exists although not everything was done: keep its id, so that no second one is made.
      const known = { type: destination.type, externalId: answer.externalId, url: null, fingerprint: null };
      await this.tools.settle.add(delivery.lane, { id: delivery.id, outcome: "applied", exchange: null, link: known });
    }
    return this.failed(answer.failure, exchange);
  }

  private failed(failure: Failure, exchange: Exchange, thrown?: unknown): Ending {
    if (failure.code === "unexpected_error") this.parts.log.error({ err: thrown }, "a defect stopped a delivery");
    this.tools.onFailure(failure);
    return { outcome: outcomeOf(failure), exchange, failure };
  }

  /** Handed back untouched when the sidecar stops; null when somebody else holds it now. */
  private notSent(delivery: ClaimedDelivery): Ending | null {
    return this.tools.leases.holds(delivery.id) ? { outcome: "released", exchange: null } : null;
  }

  private withoutCall(startedAt: Date, destination: Destination | undefined): Exchange {
    const mapping = destination?.mapping ?? null;
    return { startedAt, endedAt: new Date(), request: null, httpStatus: null, mapping };
  }

  private async settle(
    delivery: ClaimedDelivery,
    ending: Ending | null,
    span: AttemptSpan,
    began: number,
  ): Promise<void> {
    const { metrics, code: system, log } = this.parts;
    if (!ending) {
      this.tools.leases.release(delivery.id);
      span.end(null);
      return;
    }
    const { outcome, exchange, link, failure, waitFor } = ending;
    // A delivery handed back was not tried, so it leaves no attempt.
    const settled = await this.tools.settle.add(delivery.lane, {
      id: delivery.id,
      outcome,
      exchange: outcome === "released" ? null : exchange,
      ...(link ? { link } : {}),
      ...(failure ? { failure } : {}),
      ...(waitFor === undefined ? {} : { waitFor }),
    });
    this.tools.leases.release(delivery.id);
    span.end(failure ?? null);
    metrics.deliveries.inc({ system, outcome });
    metrics.handling.observe({ system }, (performance.now() - began) / 1000);
    if (failure) metrics.failures.inc({ system, kind: failure.kind, code: failure.code });
    if (outcome === "delivered") metrics.latency.observe({ system }, ageSeconds(delivery));
    const externalId = link?.externalId ?? null;
    logAttempt(log, system, delivery, { outcome, settled, exchange, failure: failure ?? null, externalId, traceId: span.traceId });
  }
}

function linkOf(delivery: ClaimedDelivery, destination: Destination): Link | undefined {
  return delivery.links.find((link) => link.type === destination.type);
}

function removedLink(
  { type }: Destination,
  known: Link | undefined,
  answer: Delivered,
): { link?: Link & { removed: boolean } } {
  const externalId = answer.externalId || known?.externalId;
  if (!externalId) return {};
  return { link: { type, externalId, url: null, fingerprint: null, removed: true } };
}

function ageSeconds(delivery: ClaimedDelivery): number {
  return Math.max(0, (Date.now() - delivery.occurredAt.getTime()) / 1000);
}
