import { HubError } from "../domain/errors";

/** Why nothing comes in: there is no store, or no API key for Odoo. */
export function noInbound(): HubError {
  return new HubError({
    kind: "data",
    code: "inbound_off",
    message: "Nothing comes in through this sidecar.",
    hint: "Set store.url and odoo.api_key: what other systems say is kept in the one and applied through the other.",
  });
}
