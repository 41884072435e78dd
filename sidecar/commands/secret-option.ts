import { ConfigError } from "../config/config-error";
import { resolveSecret } from "../config/secrets";

/** A secret that an option refers to: `env:NAME` or `file:/path`. Throws ConfigError that names the option. */
export function secretFrom(option: string, text: string, kind: "value" | "postgres-url"): string {
  const reference = { keys: [option], place: "command line", text, kind, fromEnvironment: false };
  const resolved = resolveSecret(reference, { environment: process.env, folder: process.cwd() });
  if ("problem" in resolved) throw new ConfigError([resolved.problem]);
  return resolved.value;
}
