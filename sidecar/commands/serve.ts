import type { Config } from "../config/config";
import { Hub } from "../hub";
import { createLog } from "../telemetry/log";
import { EXIT } from "./exit-codes";

/** Runs the sidecar until it is told to stop (SIGTERM, SIGINT); a second signal ends it at once. */
export async function serve(config: Config): Promise<number> {
  const log = createLog(config.log);
  const hub = new Hub(config, log);
  const stopped = new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      process.once("SIGTERM", () => process.exit(EXIT.failed));
      process.once("SIGINT", () => process.exit(EXIT.failed));
      hub.stop().then(resolve, reject);
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  });
  for (const event of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(event, (thrown: unknown) => {
      // The process is in an unknown state: leave it. Its leases run out, and its deliveries are looked up.
      log.fatal({ err: thrown }, "unexpected error");
      process.exit(EXIT.failed);
    });
  }
  try {
    await hub.start();
  } catch (thrown) {
    await hub.stop();
    throw thrown;
  }
  await stopped;
  return EXIT.done;
}
