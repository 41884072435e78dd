import { fork, type ChildProcess } from "node:child_process";

type Handlers = Record<string, (argument: unknown) => unknown>;

interface Question {
  id: number;
  name: string;
  argument: unknown;
}

interface Reply {
  id: number;
  answer?: unknown;
  error?: string;
}

/** In a child: answers the parent's questions by name, and ends with the parent. */
export function serveParent(handlers: Handlers): void {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (message: Question) => {
    void (async () => {
      const reply: Reply = { id: message.id };
      try {
        reply.answer = await handlers[message.name]?.(message.argument);
      } catch (thrown) {
        reply.error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
      }
      process.send?.(reply);
    })();
  });
  process.send?.("ready");
}

/** A program of the benchmark in a process of its own, asked over IPC. */
export class Child {
  private readonly waiting = new Map<number, (reply: Reply) => void>();
  private asked = 0;

  private constructor(private readonly process: ChildProcess) {
    process.on("message", (reply: Reply | "ready") => {
      if (reply === "ready") return;
      this.waiting.get(reply.id)?.(reply);
      this.waiting.delete(reply.id);
    });
    process.on("exit", (code) => {
      for (const [id, settle] of this.waiting) settle({ id, error: `the process ended with ${code}` });
      this.waiting.clear();
    });
  }

  /** Starts a TypeScript program and waits until it serves. */
  static async start(file: string, env: Record<string, string> = {}): Promise<Child> {
    const child = fork(file, { execArgv: ["--import", "tsx"], env: { ...process.env, ...env } });
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("exit", (code) => reject(new Error(`${file} ended with ${code} before it was ready`)));
    });
    return new Child(child);
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  async ask<T>(name: string, argument: unknown = null): Promise<T> {
    const id = (this.asked += 1);
    const reply = await new Promise<Reply>((resolve) => {
      this.waiting.set(id, resolve);
      this.process.send({ id, name, argument });
    });
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply.answer as T;
  }

  async stop(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const gone = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.disconnect();
    await gone;
  }
}
