/** The stand-ins of HubSpot and of a bookkeeping service in a process of their own, as slow and with quotas as vendors are. */
import express from "express";
import type { Quota } from "../../sandbox/quotas";
import { startSandbox } from "../../sandbox/sandbox";
import { VENDORS } from "../../sandbox/vendors";
import { LEDGERS } from "../../sandbox/vendors/ledger";
import type { Vendor } from "../../sandbox/vendors/vendor";
import { serveParent } from "../pipeline/child";

let answerMs = 0;

function slowed(vendor: Vendor): Vendor {
  return {
    code: vendor.code,
    router: (context) =>
      express
        .Router()
        .use((_request, _response, next) => void setTimeout(next, answerMs))
        .use(vendor.router(context)),
  };
}

void startSandbox({ port: 0, vendors: [...VENDORS, ...LEDGERS].map(slowed) }).then(({ url, quotas }) =>
  serveParent({
    url: () => url,
    answer: (ms) => (answerMs = ms as number),
    limit: (quota) => quotas.set(quota as Quota),
    quotas: () => quotas.list(),
  }),
);
