import type { WebhookForm } from "../webhooks/form";
import { asanaWebhooks } from "../webhooks/asana";
import { bamboohrWebhooks } from "../webhooks/bamboohr";
import { clockifyWebhooks } from "../webhooks/clockify";
import { docusignWebhooks } from "../webhooks/docusign";
import { hubspotWebhooks } from "../webhooks/hubspot";
import { asana } from "./asana";
import { bamboohr } from "./bamboohr";
import { clockify } from "./clockify";
import { docusign } from "./docusign";
import { hubspot } from "./hubspot";
import type { Vendor } from "./vendor";

/** Every system the sandbox stands in for. */
export const VENDORS: readonly Vendor[] = [hubspot, asana, bamboohr, docusign, clockify];

/** How those that post webhooks word and sign them. */
export const WEBHOOK_FORMS: ReadonlyMap<string, WebhookForm> = new Map([
  ["hubspot", hubspotWebhooks],
  ["asana", asanaWebhooks],
  ["bamboohr", bamboohrWebhooks],
  ["docusign", docusignWebhooks],
  ["clockify", clockifyWebhooks],
]);
