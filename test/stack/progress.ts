/** How often a long step says that it is still alive where the output is not a terminal. */
const HEARTBEAT_MS = 15_000;
const REDRAW_MS = 200;

/** Lines for a person watching: what is being done, how far it is, and how long it took. */
export interface Progress {
  /** Run `work` as one named step; `detail` may be called any number of times with what is happening now. */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  note(text: string): void;
}

/** Says nothing; for callers such as test suites that have their own reporter. */
export const silent: Progress = {
  step: async (_title, work) => await work(() => undefined),
  note: () => undefined,
};

/** Writes to `out`: one line a step, rewritten in place on a terminal. */
export function terminalProgress(out: NodeJS.WriteStream = process.stderr): Progress {
  const tty = out.isTTY;
  return {
    note: (text) => void out.write(`  ${text}\n`),
    async step(title, work) {
      const started = Date.now();
      let latest = "";
      const seconds = (): string => `${((Date.now() - started) / 1000).toFixed(1)} s`;
      const draw = (): void => {
        const text = `… ${title} ${seconds()}${latest ? `  ${latest}` : ""}`;
        if (tty) out.write(`\r\x1b[2K${text.slice(0, (out.columns || 80) - 1)}`);
        else out.write(`${text}\n`);
      };
      if (tty) draw();
      const timer = setInterval(draw, tty ? REDRAW_MS : HEARTBEAT_MS);
      try {
        const result = await work((text) => (latest = text));
        out.write(`${tty ? "\r\x1b[2K" : ""}✓ ${title} ${seconds()}\n`);
        return result;
      } catch (error) {
        out.write(`${tty ? "\r\x1b[2K" : ""}✗ ${title} ${seconds()}\n`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
