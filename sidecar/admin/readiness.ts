/** One part of the hub, as readiness shows it. */
export interface Component {
  /** `queue`, `odoo`, `store`, or `system hubspot`. */
  name: string;
  ok: boolean;
  /** False: the sidecar works on without it, for instance when one of several systems is down. */
  required: boolean;
  /** In words: what is wrong, or what is known. */
  message: string;
  hint?: string;
}

export interface Readiness {
  status: "ready" | "not_ready";
  components: Component[];
}

/** Ready while everything required works: a vendor that is down is no reason to take the sidecar out of service. */
export function toReadiness(components: Component[]): Readiness {
  const ready = components.every((component) => component.ok || !component.required);
  return { status: ready ? "ready" : "not_ready", components };
}
