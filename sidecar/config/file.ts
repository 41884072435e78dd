import { readFileSync } from "node:fs";
import path from "node:path";
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from "yaml";
import type { ConfigProblem } from "./config";
import { ConfigError } from "./config-error";

/** A parsed configuration file that still knows on which line each key stands. */
export interface ConfigFile {
  name: string;
  folder: string;
  values: Record<string, unknown>;
  /** `hub.yaml:12` for a path; the nearest parent that exists when the key itself does not. */
  placeOf(keys: readonly string[]): string;
}

/** Reads and parses the file; throws `ConfigError` when it is missing, unreadable or not YAML. */
export function readConfigFile(file: string): ConfigFile {
  const name = path.basename(file);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new ConfigError([
      {
        code: missing ? "config_file_missing" : "config_file_unreadable",
        place: file,
        path: "(file)",
        reason: missing ? "The file does not exist." : `The file cannot be read (${(cause as Error).message}).`,
        fix: "Name it with --config, or start from sidecar/config/hub.example.yaml.",
      },
    ]);
  }
  return parseConfigText(text, name, path.dirname(path.resolve(file)));
}

/** The same for text that is already read. */
export function parseConfigText(text: string, name: string, folder: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, merge: false });
  const problems = document.errors.map((error): ConfigProblem => ({
    code: "config_not_yaml",
    place: `${name}:${lines.linePos(error.pos[0]).line}`,
    path: "(file)",
    reason: firstLine(error.message),
    fix: "Correct the YAML: indentation by spaces, each key once, `key: value`.",
  }));
  if (problems.length > 0) throw new ConfigError(problems);

  const values: unknown = document.toJS() ?? {};
  if (typeof values !== "object" || Array.isArray(values)) {
    throw new ConfigError([
      {
        code: "config_not_yaml",
        place: `${name}:1`,
        path: "(file)",
        reason: "The file is not a map of keys.",
        fix: "Start from sidecar/config/hub.example.yaml.",
      },
    ]);
  }
  return {
    name,
    folder,
    values: values as Record<string, unknown>,
    placeOf: (keys) => `${name}:${lineOf(document, lines, keys)}`,
  };
}

function lineOf(document: Document, lines: LineCounter, keys: readonly string[]): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const key of keys) {
    const found = step(node, key);
    if (!found) break;
    offset = found.key?.range?.[0] ?? offset;
    node = found.value;
  }
  return lines.linePos(offset).line;
}

function step(node: unknown, key: string): { key: Node | null; value: unknown } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === key);
    return pair ? { key: pair.key as Node, value: pair.value } : undefined;
  }
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    return item ? { key: item as Node, value: item } : undefined;
  }
  return undefined;
}

function firstLine(message: string): string {
  return (message.split("\n")[0] ?? message).replace(/:$/, "");
}
