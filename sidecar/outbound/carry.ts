import type { DeliverInput, DeliverResult, Refused } from "../connectors/connector";
import type { ClaimedDelivery, Exchange, Link, Settlement } from "../domain/delivery";
import { toFailure, type Failure } from "../domain/errors";
import type { JsonObject } from "../domain/json";
import { isBackfill } from "../domain/priority";
import type { MappingRegistry, SystemDocument } from "../mapping/registry";
import type { MissingLink } from "../mapping/run";
import type { Settled } from "../odoo/queue";
import type { AttemptSpan } from "../telemetry/tracing";
import { AttemptReport } from "./attempt-report";
import type { Dispatch } from "./dispatch";
import { removedLink, withoutCall, type Ending } from "./ending";
import { fingerprint } from "./fingerprint";
import { Input } from "./input";
import type { Leases } from "./leases";
import { findLinks, type LinkLookup } from "./links";
import { missingReference, type MissingRecords } from "./missing-records";
import { outcomeOf } from "./outcome";
import type { SettleBuffer } from "./settle-buffer";
import { contentOf } from "./snapshot";
import type { SystemParts } from "./system-parts";
import { Turns } from "./turns";
import { byRelease, claimOf, linkOf, type Rest, type Work } from "./work";
import { valuesToWrite, type WriteBacks } from "./write-back";

/** What the steps of a batch work with besides the system's parts; the pump owns them. */
export interface CarryTools {
  dispatch: Dispatch;
  leases: Leases;
  settle: SettleBuffer;
  missing: MissingRecords;
  writeBacks: WriteBacks;
  /** Told of every refusal by the system, so that a refused sign-in or an ailing system stops the claims. */
  onRefusal(failure: Failure, priority: number): void;
}

const NO_LINKS: LinkLookup = () => undefined;

/** Rounds of requests that are mapped: one on the way, one ready to follow. */
const ROUNDS_MAPPED = 2;

/** What happens to a claimed batch, top to bottom. Never throws: every delivery ends in a settlement or in its lease running out. */
export class Carry {
  private readonly report: AttemptReport;
  /**
   * A delivery is read and mapped when its turn comes, shortly before it is sent: of a claim of 500, that many snapshots and documents at a
   * time were most of what the garbage collector had to carry around. Backfill has turns of its own, so that live work finds one free.
   */
  private readonly turns: Turns<Work>;
  private readonly backfillTurns: Turns<Work>;

  constructor(
    private readonly parts: SystemParts,
    private readonly tools: CarryTools,
  ) {
    this.report = new AttemptReport(parts);
    const mapped = ROUNDS_MAPPED * parts.concurrency * parts.connector.largestBatch;
    const begin = (work: Work, end: () => void): void => void this.one(work, end);
    this.turns = new Turns(mapped, begin);
    this.backfillTurns = new Turns(mapped, begin);
  }

  async batch(claimed: readonly ClaimedDelivery[]): Promise<void> {
    await Promise.all([...byRelease(claimed)].map(([release, together]) => this.underRelease(release, together)));
  }

  /** Deliveries of one release; where its mappings cannot be used they fail, and others go on. */
  private async underRelease(release: number, claimed: readonly ClaimedDelivery[]): Promise<void> {
    let mappings: MappingRegistry | undefined;
    let fault: unknown;
    try {
      const found = this.parts.mappings.of(release);
      mappings = found instanceof Promise ? await found : found;
    } catch (thrown) {
      fault = thrown;
    }
    const claimedAt = Date.now();
    await new Promise<void>((resolve) => {
      let left = claimed.length;
      const ended = (): void => {
        left -= 1;
        if (left === 0) resolve();
      };
      const works = claimed.map((delivery): Work => {
        return mappings
          ? { delivery, claimedAt, mappings, links: NO_LINKS, ended }
          : { delivery, claimedAt, fault, links: NO_LINKS, ended };
      });
      if (mappings) this.lookUpLinks(works, mappings);
      for (const work of works) (isBackfill(work.delivery.priority) ? this.backfillTurns : this.turns).add(work);
    });
  }

  private async one(work: Work, endTurn: () => void): Promise<void> {
    const { delivery } = work;
    const startedAt = new Date();
    const span = this.parts.tracing.startAttempt(delivery.traceparent, {
      "hub.system": this.parts.code,
      "hub.delivery": delivery.id,
      "hub.lane": delivery.lane,
    });
    let ending: Ending | null;
    try {
      let rest: Ending | Rest;
      try {
        rest = await (delivery.operation === "unlink" ? this.remove(work, span) : this.bring(work, span));
      } finally {
        endTurn();
      }
      ending = typeof rest === "function" ? await rest() : rest;
    } catch (thrown) {
      ending = this.failed(toFailure(thrown), withoutCall(startedAt), thrown);
    }
    this.settle(work, ending, span);
  }

  /** Snapshot → canonical → document → vendor, and then link → write-back. Null when the lease was lost before anything was sent. */
  private async bring(work: Work, span: AttemptSpan): Promise<Ending | Rest> {
    const { delivery, mappings } = work;
    if (!mappings) throw work.fault;
    const { canonical, record } = work.content ?? contentOf(delivery, mappings);
    const { connectorName } = this.parts;
    const startedAt = new Date();

    const link = work.links instanceof Promise ? await work.links : work.links;
    const made = mappings.toSystem(connectorName, delivery.object, canonical, { link });
    const [missing] = made.missingLinks;
    if (missing) return async () => this.waitFor(missing, withoutCall(startedAt, made.mapping));

    const hash = fingerprint(made.document);
    const known = linkOf(delivery, made.type);
    if (known && known.fingerprint === hash && !delivery.forced && !delivery.verify) {
      const exchange = withoutCall(startedAt, made.mapping);
      return async () => this.noteInOdoo(delivery, made, record, { outcome: "unchanged", exchange, link: known });
    }

    const input = this.input(delivery, made.type, "upsert", made.document, known, span);
    const answer = await this.send(delivery, input);
    if (!answer) return () => this.notSent(delivery);
    const exchange = { ...answer.exchange, mapping: made.mapping };
    if (!answer.ok) return async () => this.refused(delivery, made.type, answer, exchange);

    const stored = { type: made.type, externalId: answer.externalId, url: answer.url, fingerprint: hash };
    const ending = { outcome: answer.unchanged ? "unchanged" : "delivered", exchange, link: stored } as const;
    if (made.writeBack.length === 0) return ending;
    return async () => this.noteInOdoo(delivery, made, record, ending);
  }

  /** A record deleted in Odoo: gone at the vendor too, and nothing to do when it never got there. */
  private async remove({ delivery, mappings, fault }: Work, span: AttemptSpan): Promise<Ending | Rest> {
    if (!mappings) throw fault;
    const { type, mapping } = mappings.destination(this.parts.connectorName, delivery.object);
    const known = linkOf(delivery, type);
    if (!known && !delivery.verify) return { outcome: "unchanged", exchange: withoutCall(new Date(), mapping) };

    const input = this.input(delivery, type, "delete", {}, known, span);
    const answer = await this.send(delivery, input);
    if (!answer) return () => this.notSent(delivery);
    const exchange = { ...answer.exchange, mapping };
    if (!answer.ok) return async () => this.refused(delivery, type, answer, exchange);
    // Looked for and not there: the record is gone without anything having been sent.
    const outcome = answer.unchanged ? "unchanged" : "delivered";
    return { outcome, exchange, ...removedLink(type, known, answer) };
  }

  /** The links of all that refer to something, asked for together. What refers to nothing must not fail because links cannot be read. */
  private lookUpLinks(works: readonly Work[], mappings: MappingRegistry): void {
    const { queue, code, connectorName } = this.parts;
    const asking = works.filter(
      ({ delivery }) => delivery.operation !== "unlink" && mappings.asksForLinks(connectorName, delivery.object),
    );
    if (asking.length === 0) return;
    const lanes = new Set<string>();
    for (const work of asking) {
      const { object } = work.delivery;
      try {
        work.content = contentOf(work.delivery, mappings);
      } catch {
        // Said when its turn comes.
        continue;
      }
      for (const { lane } of mappings.linkedLanes(connectorName, object, work.content.canonical)) lanes.add(lane);
    }
    const links = findLinks(queue, code, lanes);
    // Whoever awaits it says so; where nobody comes to, there was another failure to tell.
    links.catch(() => undefined);
    for (const work of asking) work.links = links;
  }

  private send(delivery: ClaimedDelivery, input: DeliverInput): Promise<DeliverResult | null> {
    return this.tools.dispatch.send(input, () => this.tools.leases.holds(delivery));
  }

  private input(
    delivery: ClaimedDelivery,
    type: string,
    operation: DeliverInput["operation"],
    document: JsonObject,
    known: Link | undefined,
    span: AttemptSpan,
  ): DeliverInput {
    const id = known?.externalId ?? null;
    const changedThere = known?.fingerprint === null;
    return new Input(this.parts, delivery, type, operation, document, id, changedThere, span.traceparent);
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
    made: SystemDocument,
    record: JsonObject,
    ending: Ending & { link: Link; exchange: Exchange },
  ): Promise<Ending> {
    const values = valuesToWrite(made.writeBack, ending.link, record);
    if (Object.keys(values).length === 0) return ending;
    const { exchange, link } = ending;
    await this.tools.settle.add(delivery.lane, { ...claimOf(delivery), outcome: "applied", exchange, link });
    await this.tools.writeBacks.write(delivery.lane, values);
    return { ...ending, exchange: null };
  }

  private async refused(delivery: ClaimedDelivery, type: string, answer: Refused, exchange: Exchange): Promise<Ending> {
    if (answer.externalId !== undefined) {
      // The record exists although not everything was done: keep its id, so that no second one is made.
      const link = { type, externalId: answer.externalId, url: null, fingerprint: null };
      await this.tools.settle.add(delivery.lane, { ...claimOf(delivery), outcome: "applied", exchange: null, link });
    }
    this.tools.onRefusal(answer.failure, delivery.priority);
    return this.failed(answer.failure, exchange);
  }

  private failed(failure: Failure, exchange: Exchange, thrown?: unknown): Ending {
    if (failure.code === "unexpected_error") this.parts.log.error({ err: thrown }, "a defect stopped a delivery");
    return { outcome: outcomeOf(failure), exchange, failure };
  }

  /** Handed back untouched when the sidecar stops; null when somebody else holds it now. */
  private notSent(delivery: ClaimedDelivery): Ending | null {
    return this.tools.leases.holds(delivery) ? { outcome: "released", exchange: null } : null;
  }

  private settle(work: Work, ending: Ending | null, span: AttemptSpan): void {
    const { delivery } = work;
    if (!ending) {
      this.tools.leases.release(delivery);
      span.end(null);
      work.ended();
      return;
    }
    const { outcome, exchange, link, failure, waitFor } = ending;
    // A delivery handed back was not tried, so it leaves no attempt.
    const tried = outcome === "released" ? null : exchange;
    const settlement: Settlement = { id: delivery.id, claims: delivery.claims, outcome, exchange: tried };
    if (link) settlement.link = link;
    if (failure) settlement.failure = failure;
    if (waitFor !== undefined) settlement.waitFor = waitFor;
    // Not the work itself: until it is settled nothing of what was read and mapped has to be kept.
    const rest = { delivery, claimedAt: work.claimedAt, ended: work.ended };
    this.tools.settle.put(delivery.lane, settlement, (settled) => this.settled(rest, ending, span, settled));
  }

  private settled(
    work: Pick<Work, "delivery" | "claimedAt" | "ended">,
    ending: Ending,
    span: AttemptSpan,
    settled: Settled | null,
  ): void {
    this.tools.leases.release(work.delivery);
    // Whatever becomes of the report, the batch must come to its end.
    work.ended();
    span.end(ending.failure ?? null);
    this.report.write(work.delivery, work.claimedAt, ending, settled, span.traceId);
  }
}
