import type { Connection } from "../connections";
import { HubError } from "../domain/errors";

/** Throws `handover_unknown` unless the system's vendor hands over the secret that it signs with. */
export function requireHandover(
  connections: readonly Pick<Connection, "config" | "definition">[],
  system: string,
): void {
  const known = connections.filter(({ definition: { definition } }) =>
    definition.webhooks?.handshakes?.some(({ keep }) => keep === true),
  );
  if (known.some(({ config }) => config.code === system)) return;
  const names = known.map(({ config }) => config.code).join(", ");
  throw new HubError({
    kind: "data",
    code: "handover_unknown",
    message: `${system} hands over no secret for its webhooks.`,
    hint: names === "" ? "Its instructions.md says how its webhooks are set up." : `Those that do: ${names}.`,
    field: "system",
  });
}
