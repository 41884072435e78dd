import { HubError } from "../domain/errors";
import type { ConfigProblem } from "./config";

/** Everything that is wrong with a configuration, reported at once; thrown before anything is started. */
export class ConfigError extends HubError {
  readonly problems: ConfigProblem[];

  constructor(problems: ConfigProblem[]) {
    const [first] = problems;
    super({
      kind: "data",
      code: problems.length === 1 && first ? first.code : "config_invalid",
      message:
        problems.length === 1 && first
          ? `${first.place} ${first.path}: ${first.reason}`
          : `The configuration has ${problems.length} problems.`,
      hint: first ? first.fix : "Compare the file with sidecar/config/hub.example.yaml.",
      ...(first ? { field: `${first.place} ${first.path}` } : {}),
    });
    this.name = "ConfigError";
    this.problems = problems;
  }
}
