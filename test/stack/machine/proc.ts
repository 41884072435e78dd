import { readFileSync } from "node:fs";

/** A process as it can be recognised again later, when its number may have gone to another one. */
export interface ProcessIdentity {
  pid: number;
  /** Kernel start time in clock ticks since boot. */
  startTicks: string;
}

/** Who has this number now, or undefined when nobody has. A zombie counts as nobody: it holds nothing any more. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the name in parentheses and may contain spaces: count from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTicks = fields[19];
  if (startTicks === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
  return { pid, startTicks };
}

/** Whether that very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTicks === identity.startTicks;
}

/** The command line of a process with its arguments separated by spaces; empty when it is gone. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
  } catch {
    return "";
  }
}

/** This process, for lock files and for folders that must not outlive it. */
export function self(): ProcessIdentity {
  return identify(process.pid) ?? { pid: process.pid, startTicks: "0" };
}
