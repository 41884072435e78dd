import type { ClaimedDelivery, Link, Settlement } from "../domain/delivery";
import type { MappingRegistry } from "../mapping/registry";
import type { Ending } from "./ending";
import type { LinkLookup } from "./links";
import type { Content } from "./snapshot";

/** A claimed delivery on its way. */
export interface Work {
  delivery: ClaimedDelivery;
  /** By this process's clock, in milliseconds. */
  claimedAt: number;
  /** Those of its release; absent when they cannot be used, and then `fault` says why. */
  mappings?: MappingRegistry;
  fault?: unknown;
  links: LinkLookup | Promise<LinkLookup>;
  /** To be called once it has ended, whatever became of it. */
  ended: () => void;
  /** Where it was read before its turn, because links are looked up for the whole claim. */
  content?: Content;
}

/** What remains to be done once a delivery has had its turn. */
export type Rest = () => Ending | null | Promise<Ending | null>;

/** Nearly always all go under one release, and then nothing is copied. */
export function byRelease(claimed: readonly ClaimedDelivery[]): Map<number, readonly ClaimedDelivery[]> {
  const [first] = claimed;
  if (!first) return new Map();
  if (claimed.every(({ release }) => release === first.release)) return new Map([[first.release, claimed]]);
  const groups = new Map<number, ClaimedDelivery[]>();
  for (const delivery of claimed) {
    const group = groups.get(delivery.release);
    if (group) group.push(delivery);
    else groups.set(delivery.release, [delivery]);
  }
  return groups;
}

/** Which delivery, under which claim, an outcome is about. */
export function claimOf({ id, claims }: ClaimedDelivery): Pick<Settlement, "id" | "claims"> {
  return { id, claims };
}

export function linkOf(delivery: ClaimedDelivery, type: string): Link | undefined {
  return delivery.links.find((link) => link.type === type);
}
