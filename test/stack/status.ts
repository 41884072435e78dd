import { readInstance } from "./instance";
import { isReady, serviceExists, serviceUrl } from "./native-services";
import { logTail, runningService } from "./processes";
import { SERVICES, type ServiceName } from "./state";

interface Row {
  service: ServiceName;
  state: string;
  pid: string;
  address: string;
  /** What is wrong, in words; absent when nothing is. */
  problem?: string;
}

/** Print a table of the stack's services. False when one that should be there is not working. */
export async function printStatus(name: string): Promise<boolean> {
  const instance = await readInstance(name);
  if (!instance) {
    console.log(`There is no stack "${name}" yet.`);
    return false;
  }
  const rows: Row[] = [];
  for (const service of SERVICES) {
    const running = await runningService(instance.dir, service);
    const address = serviceUrl(instance, service);
    if (!running)
      rows.push({ service, state: serviceExists(service) ? "stopped" : "not there yet", pid: "", address: "" });
    else if (await isReady(instance, service))
      rows.push({ service, state: "ready", pid: String(running.pid), address });
    else
      rows.push({ service, state: "failing", pid: String(running.pid), address, problem: "runs but does not answer" });
  }
  for (const row of rows) {
    console.log(`${row.service.padEnd(10)}${row.state.padEnd(15)}${row.pid.padEnd(9)}${row.address}`);
    if (row.problem) console.log(`  ${row.problem}`);
  }
  return rows.every((row) => row.state !== "failing" && !(row.state === "stopped" && row.service !== "sidecar"));
}

void logTail;
