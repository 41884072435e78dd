import { existsSync, readFileSync } from "node:fs";

const LINES = 20;

/** The end of a log, for a message about a program that did not start or does not answer. */
export function logTail(file: string, lines = LINES): string {
  if (!existsSync(file)) return "";
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
