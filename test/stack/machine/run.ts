import { spawn, type SpawnOptions } from "node:child_process";
import { createInterface } from "node:readline";

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Text for standard input; without it the command gets none and cannot stop to ask. */
  input?: string;
  uid?: number;
  gid?: number;
  signal?: AbortSignal | undefined;
  /** Sees every line of both streams as it comes; used to show progress. */
  onLine?: (line: string) => void;
  /** Return the result whatever the exit code. */
  allowFailure?: boolean;
}

export interface RunResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Enough of a failed command's output to see the cause, without flooding the terminal. */
const TAIL_LINES = 25;

/** How long an aborted command has to end by itself. */
const KILL_AFTER_MS = 10_000;

/** A command that ended with a code other than 0; the message carries the end of its output. */
export class CommandError extends Error {
  constructor(
    command: string,
    readonly result: RunResult,
  ) {
    const tail = `${result.stdout}${result.stderr}`.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
    super(`${command} ended with code ${result.code}${tail ? `:\n${tail}` : ""}`);
    this.name = "CommandError";
    // The message has what a person needs; printing the error must not repeat the whole output after it.
    Object.defineProperty(this, "result", { enumerable: false });
  }
}

/** Run one command to its end. No shell is involved, so arguments need no quoting. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const spawnOptions: SpawnOptions = {
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
    ...(options.signal !== undefined && { signal: options.signal }),
  };
  return await new Promise<RunResult>((resolve, reject) => {
    const child = spawn(command, args, spawnOptions);
    const result: RunResult = { code: 0, stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      const stream = child[name];
      if (!stream) continue;
      createInterface({ input: stream }).on("line", (line) => {
        result[name] += `${line}\n`;
        options.onLine?.(line);
      });
    }
    let failure: Error | undefined;
    child.on("error", (error) => {
      // An abort is reported before the child is gone; callers clean up after us, so it has to be gone first.
      if (child.pid === undefined) return reject(error);
      failure = error;
      setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS).unref();
    });
    child.on("close", (code, signal) => {
      if (failure) return reject(failure);
      result.code = code ?? (signal ? 128 : 1);
      if (result.code !== 0 && !options.allowFailure) reject(new CommandError([command, ...args].join(" "), result));
      else resolve(result);
    });
    if (options.input !== undefined) child.stdin?.end(options.input);
  });
}
