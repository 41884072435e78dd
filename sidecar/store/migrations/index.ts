import type { Knex } from "knex";
import * as scheduleTick from "./001-schedule-tick";
import * as sharedState from "./002-shared-state";
import * as restore from "./003-restore";
import * as oauthTokens from "./004-oauth-tokens";
import * as inbox from "./005-inbox";
import * as inbound from "./006-inbound";
import * as listedRecords from "./007-listed-records";
import * as toldRefusals from "./008-told-refusals";
import * as webhookSecrets from "./009-webhook-secrets";
import * as failingLooks from "./010-failing-looks";
import * as wantedLoads from "./011-wanted-loads";

export interface Migration {
  name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** In the order they run. A name that was released is never changed or taken out. */
export const MIGRATIONS: readonly Migration[] = [
  { name: "001-schedule-tick", ...scheduleTick },
  { name: "002-shared-state", ...sharedState },
  { name: "003-restore", ...restore },
  { name: "004-oauth-tokens", ...oauthTokens },
  { name: "005-inbox", ...inbox },
  { name: "006-inbound", ...inbound },
  { name: "007-listed-records", ...listedRecords },
  { name: "008-told-refusals", ...toldRefusals },
  { name: "009-webhook-secrets", ...webhookSecrets },
  { name: "010-failing-looks", ...failingLooks },
  { name: "011-wanted-loads", ...wantedLoads },
];
