import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds a clock tick of /proc stands for: USER_HZ is 100 on every Linux. */
const TICK_MS = 10;

interface Stat {
  parent: number;
  /** Processor time of the process and of its children that have ended, in milliseconds. */
  ms: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text
      .slice(text.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    const [, parent = 0] = fields;
    return { parent, ms: fields.slice(11, 15).reduce((sum, ticks) => sum + ticks, 0) * TICK_MS };
  } catch {
    return undefined;
  }
}

/** Processor time of one process so far, in milliseconds. */
export function cpuMs(pid: number): number {
  return statOf(pid)?.ms ?? 0;
}

/** Processor time so far of a Postgres server: its own and all its backends'. `backend` is any of them. */
export function serverCpuMs(backend: number): number {
  const server = statOf(backend)?.parent ?? 0;
  let total = cpuMs(server);
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat?.parent === server) total += stat.ms;
  }
  return total;
}
