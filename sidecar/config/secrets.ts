import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { ConfigProblem } from "./config";
import type { Environment } from "./environment";

/** Where secrets may come from. */
export interface SecretSources {
  environment: Environment;
  /** Relative `file:` references start here. */
  folder: string;
}

export interface Reference {
  keys: string[];
  place: string;
  text: string;
  kind: "value" | "postgres-url";
  /** True when the text is the value of an environment variable: it may then be the secret itself. */
  fromEnvironment: boolean;
}

export type Resolved = { value: string; warning?: ConfigProblem } | { problem: ConfigProblem };

/**
 * Reads the secret behind `env:NAME` or `file:/path`. A secret written into the file itself is refused, so that the
 * file can be kept under version control. The value appears in no message.
 */
export function resolveSecret(reference: Reference, sources: SecretSources): Resolved {
  const { text } = reference;
  if (text.startsWith("env:")) return fromVariable(reference, text.slice(4), sources.environment);
  if (text.startsWith("file:")) return fromFile(reference, path.resolve(sources.folder, text.slice(5)), sources);
  if (reference.fromEnvironment) return checked(reference, withoutLineEnd(text));
  if (reference.kind === "postgres-url" && isPostgresUrl(text) && !holdsPassword(text)) return { value: text };
  return problem(
    reference,
    "config_plain_secret",
    "A secret stands in the file in plain text.",
    `Move it to an environment variable and write "env:NAME", or to a file and write "file:/path".`,
  );
}

function fromVariable(reference: Reference, name: string, environment: Environment): Resolved {
  const value = withoutLineEnd(environment[name] ?? "");
  if (value === "") {
    return problem(
      reference,
      "config_missing_variable",
      `The environment variable ${name || "(no name)"} is not set.`,
      `Set ${name || "it"} before starting the hub, or change the reference.`,
    );
  }
  return checked(reference, value);
}

function fromFile(reference: Reference, file: string, { environment }: SecretSources): Resolved {
  let value: string;
  let mode: number;
  try {
    value = withoutLineEnd(readFileSync(file, "utf8"));
    mode = statSync(file).mode;
  } catch (cause) {
    return problem(
      reference,
      "config_secret_unreadable",
      `The secret's file ${file} cannot be read (${(cause as NodeJS.ErrnoException).code ?? "error"}).`,
      "Create it, and let the user that runs the hub read it (chmod 400).",
    );
  }
  if (value === "") {
    return problem(
      reference,
      "config_secret_unreadable",
      `The secret's file ${file} is empty.`,
      "Put the secret in it.",
    );
  }
  const resolved = checked(reference, value);
  // In a container its one user reads what the host mounts; who else can is up to the folder on the host, which is not seen from here.
  // `container` is what container managers set (systemd.io/CONTAINER_INTERFACE), and our image does.
  if ("value" in resolved && (mode & 0o004) !== 0 && !environment["container"]) {
    resolved.warning = {
      code: "config_secret_world_readable",
      place: reference.place,
      path: reference.keys.join("."),
      reason: `The secret's file ${file} can be read by every user of this machine.`,
      fix: `chmod 400 ${file}`,
    };
  }
  return resolved;
}

/** Editors and shells put a line end behind what is pasted into a file or a variable. */
function withoutLineEnd(text: string): string {
  return text.replace(/[\r\n]+$/, "");
}

function checked(reference: Reference, value: string): Resolved & object {
  if (reference.kind === "postgres-url" && !isPostgresUrl(value)) {
    return problem(
      reference,
      "config_wrong_value",
      "The secret is not a Postgres URL.",
      "Write it as postgres://role:password@host:5432/database.",
    );
  }
  return { value };
}

/** Looser than a web URL: `postgres://role@/database?host=/run/postgresql` names a socket and no host. */
function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\/\S+$/.test(text);
}

function holdsPassword(url: string): boolean {
  return /^\w+:\/\/[^/?#@]*:[^@]*@/.test(url) || /[?&](ssl)?password=/.test(url);
}

function problem(reference: Reference, code: string, reason: string, fix: string): { problem: ConfigProblem } {
  return { problem: { code, place: reference.place, path: reference.keys.join("."), reason, fix } };
}
