import type { DeliverInput } from "../connectors/connector";
import type { ClaimedDelivery } from "../domain/delivery";
import type { JsonObject } from "../domain/json";
import { idempotencyKey } from "./fingerprint";

/** A delivery and its document as a connector takes them. */
export class Input implements DeliverInput {
  readonly key: string;
  readonly priority: number;
  readonly verify: boolean;
  readonly firstAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  private readonly eventId: number;

  constructor(
    private readonly hub: { databaseUuid: string; code: string },
    delivery: ClaimedDelivery,
    readonly type: string,
    readonly operation: DeliverInput["operation"],
    readonly document: JsonObject,
    readonly externalId: string | null,
    readonly changedThere: boolean,
    readonly traceparent: string,
  ) {
    this.key = delivery.lane;
    this.priority = delivery.priority;
    this.verify = delivery.verify;
    this.firstAttemptAt = delivery.firstAttemptAt;
    this.lastAttemptAt = delivery.lastAttemptAt;
    this.eventId = delivery.eventId;
  }

  /** Made when a connector asks for it: few have a use for it. */
  get idempotencyKey(): string {
    return idempotencyKey(this.hub.databaseUuid, this.hub.code, this.key, this.eventId);
  }
}
