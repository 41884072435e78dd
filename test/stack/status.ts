import { serviceUrl } from "./describe";
import { logTail } from "./machine/log-tail";
import { logFile, readInstance, type Instance } from "./instance";
import { runningService } from "./native/processes";
import { isReady, serviceExists } from "./native/services";
import { printContainers } from "./docker/status";
import { findStack, NoStack, SERVICES, type ServiceName } from "./state";
import { modeOf } from "./up";

type Condition = "ready" | "stopped" | "ended" | "failing" | "not there yet";

interface Row {
  service: ServiceName;
  condition: Condition;
  pid: string;
  /** What is wrong, in words, where something is. */
  problem: string;
}

const LOG_LINES = 8;

/** Print a table of the stack's services. False when one that was started does not work. */
export async function printStatus(name: string): Promise<boolean> {
  const instance = await readInstance(name);
  if (!instance) {
    console.log(new NoStack(name).message);
    return false;
  }
  if ((await modeOf(name)) === "docker") return await printContainers(name);
  const started = findStack(name)?.pids ?? {};
  const rows: Row[] = [];
  for (const service of SERVICES) rows.push(await examine(instance, service, started[service] !== undefined));
  for (const { service, condition, pid, problem } of rows) {
    const address = condition === "ready" || condition === "failing" ? serviceUrl(instance, service) : "";
    console.log(`${service.padEnd(10)}${condition.padEnd(15)}${pid.padEnd(9)}${address}`.trimEnd());
    if (problem) console.log(problem.replaceAll(/^/gm, "    "));
  }
  if (rows.every(({ condition }) => condition === "stopped" || condition === "not there yet")) {
    console.log("The stack is down.");
    return false;
  }
  return rows.every(({ problem }) => problem === "");
}

async function examine(instance: Instance, service: ServiceName, wasStarted: boolean): Promise<Row> {
  const running = await runningService(instance.dir, service);
  const log = logFile(instance, service);
  const tail = (): string => `The end of ${log}:\n${logTail(log, LOG_LINES)}`;
  if (!running) {
    if (wasStarted) return { service, condition: "ended", pid: "", problem: `It ended by itself. ${tail()}` };
    return { service, condition: serviceExists(service) ? "stopped" : "not there yet", pid: "", problem: "" };
  }
  const pid = String(running.pid);
  if (await isReady(instance, service)) return { service, condition: "ready", pid, problem: "" };
  const says = service === "sidecar" ? await readyAnswer(instance) : "";
  return { service, condition: "failing", pid, problem: `It runs but is not ready. ${says}${tail()}` };
}

/** The sidecar says itself what it is missing. */
async function readyAnswer(instance: Instance): Promise<string> {
  try {
    const response = await fetch(`${serviceUrl(instance, "sidecar")}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return `It answers ${response.status}: ${await response.text()}\n`;
  } catch {
    return "";
  }
}
