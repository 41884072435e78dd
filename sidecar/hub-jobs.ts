import { stepReplays } from "./admin/replay-steps";
import { toFailure } from "./domain/errors";
import type { BucketUse } from "./domain/shared-state";
import type { Hub } from "./hub";
import { followReleases } from "./hub-releases";
import { tellRefusals } from "./inbound/tell-refusals";
import type { Job } from "./schedules/schedule";

/** After a failed publication it is tried again so soon, and then at the hour. */
const PUBLISH_RETRY_SECONDS = 15;

/** A look that is due within the clock's own inaccuracy is due now, and not a minute later. */
const EARLY_MS = 5_000;

/** What the hub does by the clock. */
export function hubJobs(hub: Hub): Job[] {
  const lastReported = new Map<string, string>();
  return [
    ...polls(hub),
    {
      name: "reap",
      cron: everySeconds(hub.config.delivery.reapSeconds),
      where: "once",
      run: async () => {
        const expired = await hub.queue.reap();
        if (expired === 0) return;
        hub.metrics.reaped.inc(expired);
        hub.log.warn({ expired }, "leases had run out; the records are looked up before anything is sent again");
      },
    },
    {
      name: "publish-catalogue",
      cron: `*/${PUBLISH_RETRY_SECONDS} * * * * *`,
      // Every sidecar publishes its own, once after its start: the one that starts last may know new mappings.
      where: "each",
      atStart: true,
      run: async () => hub.catalogue.ifDue(),
    },
    {
      name: "follow-releases",
      // Where nothing tells of a new one (Odoo's API) looking has to be enough.
      cron: hub.config.odoo.transport === "api" ? "* * * * * *" : "*/10 * * * * *",
      where: "each",
      run: async () => followReleases(hub),
    },
    {
      name: "shadows",
      cron: "*/15 * * * * *",
      where: "each",
      run: async () => hub.shadow.look(),
    },
    {
      name: "questions",
      cron: hub.config.odoo.transport === "api" ? "* * * * * *" : "*/10 * * * * *",
      where: "each",
      run: async () => hub.questions.look(),
    },
    {
      name: "replay",
      cron: "*/2 * * * * *",
      where: "once",
      run: async () => stepReplays(hub.queue, hub.records),
    },
    {
      name: "first-loads",
      cron: "*/5 * * * * *",
      where: "each",
      // Not waited for: a load takes as long as the account is large.
      run: () => Promise.resolve(void hub.inbound?.loads.look()),
    },
    {
      name: "forget-notices",
      cron: "0 17 * * * *",
      where: "once",
      run: async () => hub.inbound?.forget(),
    },
    {
      name: "tell-refused-calls",
      cron: "*/10 * * * * *",
      where: "once",
      run: async () => {
        if (hub.store && hub.records) await tellRefusals(hub.store, hub.records);
      },
    },
    {
      name: "report-polls",
      // After the looks of this minute, and between them for what somebody looked at himself.
      cron: "5,20,35,50 * * * * *",
      where: "once",
      run: async () => {
        if (await hub.inbound?.reportPolls()) hub.problems.news();
      },
    },
    {
      name: "report-limits",
      cron: "*/5 * * * * *",
      // Each for its own systems; two that share a store say the same, which the queue writes once.
      where: "each",
      run: async () => {
        for (const pump of hub.pumps) {
          const limits = toTheSecond(pump.limits());
          const said = JSON.stringify(limits);
          if (limits.length === 0 || lastReported.get(pump.code) === said) continue;
          await hub.queue.report(pump.code, limits);
          lastReported.set(pump.code, said);
        }
      },
    },
    {
      name: "credential-check",
      cron: "30 * * * * *",
      where: "each",
      atStart: true,
      run: async () => resumeWithGoodCredentials(hub),
    },
  ];
}

/** Looks at what changed in other systems: nothing where the configuration leaves that to people. */
function polls({ inbound, config }: Hub): Job[] {
  const { minutes, sweepHours } = config.polling;
  if (!inbound || minutes === 0) return [];
  const sweepMs = sweepHours === 0 ? null : sweepHours * 3_600_000;
  return [
    {
      name: "poll",
      cron: "15 * * * * *",
      // Each list has its own time in the store; this only looks whether one is due.
      where: "once",
      run: async () => inbound.lookAround(minutes * 60_000 - EARLY_MS, sweepMs),
    },
  ];
}

/** A divisor of a minute, as a cron expression. */
function everySeconds(seconds: number): string {
  return seconds === 60 ? "0 * * * * *" : `*/${seconds} * * * * *`;
}

/** A wait that moves by milliseconds is no news. */
function toTheSecond(limits: readonly BucketUse[]): BucketUse[] {
  return limits.map((limit) => ({
    ...limit,
    waitsUntil: limit.waitsUntil && new Date(Math.ceil(limit.waitsUntil.getTime() / 1000) * 1000),
  }));
}

/** A system that was paused because its sign-in was refused goes on by itself once the sign-in works. */
async function resumeWithGoodCredentials(hub: Hub): Promise<void> {
  const paused = (await hub.queue.systems()).filter((system) => system.pauseKind === "credential");
  for (const { code } of paused) {
    const connection = hub.connections.find((open) => open.config.code === code);
    if (!connection) continue;
    try {
      await connection.connector.check();
      await hub.queue.resume(code);
      hub.problems.news();
      hub.log.info({ system: code }, "the sign-in works again; the system goes on");
    } catch (thrown) {
      hub.log.info({ system: code, error_code: toFailure(thrown).code }, "the sign-in is still refused");
    }
  }
}
