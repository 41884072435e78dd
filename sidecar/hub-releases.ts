import { toFailure } from "./domain/errors";
import type { Hub } from "./hub";

/** Makes Odoo's newest release the one in force here. What cannot be asked now is asked again by the clock. */
export async function followReleases(hub: Hub): Promise<void> {
  try {
    await takeRelease(hub);
  } catch (thrown) {
    hub.log.warn({ error_code: toFailure(thrown).code }, "the release in force could not be asked for");
  }
}

/** The same for a hub that begins: it must not work under the shipped mappings because Odoo could not be asked. Throws what the queue does. */
export async function takeRelease(hub: Hub): Promise<void> {
  const { releases, log } = hub;
  const before = releases.problem;
  if (await releases.follow()) {
    await applySettings(hub);
    log.info({ release: releases.current.number }, "the mappings of a new release are in force");
    void hub.shadow.look();
    // A failure is kept for readiness, and the clock tries again.
    hub.catalogue.changed().catch(() => undefined);
  }
  const { problem } = releases;
  if (problem && problem !== before) log.error({ error_code: problem.code }, problem.message);
}

/** What administrators set of connectors counts for every call from now on; what cannot be used leaves a connector as it is. */
async function applySettings(hub: Hub): Promise<void> {
  hub.settingsProblem = null;
  const { settings } = hub.releases.current.mappings;
  for (const connection of hub.connections) {
    try {
      await connection.adjust(settings.get(connection.config.connector) ?? {});
    } catch (thrown) {
      const failure = toFailure(thrown);
      hub.settingsProblem = failure;
      hub.log.error({ system: connection.config.code, error_code: failure.code }, failure.message);
    }
  }
}
