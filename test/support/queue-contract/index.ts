import { claimPromises } from "./claim";
import { dependenciesPromises } from "./dependencies";
import { figuresPromises } from "./figures";
import { lanesPromises } from "./lanes";
import { leasesPromises } from "./leases";
import { massChangePromises } from "./mass-change";
import { pauseAndReplayPromises } from "./pause-and-replay";
import { releasesPromises } from "./releases";
import { replayJobsPromises } from "./replay-jobs";
import { settlePromises } from "./settle";
import { shadowsPromises } from "./shadows";
import { QueueScene } from "./scene";
import type { Queue } from "../../../sidecar/odoo/queue";
import type { QueueFixture } from "../queue-fixture";

export interface QueueUnderTest {
  queue: Queue;
  fixture: QueueFixture;
}

/** The promises of the queue contract, the same over every transport (DESIGN D1). */
export function queueContract(open: () => QueueUnderTest): void {
  const scene = new QueueScene();

  beforeEach(async () => {
    const { queue, fixture } = open();
    await scene.begin(queue, fixture);
  });

  claimPromises(scene);
  lanesPromises(scene);
  settlePromises(scene);
  dependenciesPromises(scene);
  leasesPromises(scene);
  pauseAndReplayPromises(scene);
  replayJobsPromises(scene);
  massChangePromises(scene);
  releasesPromises(scene);
  shadowsPromises(scene);
  figuresPromises(scene);
}
