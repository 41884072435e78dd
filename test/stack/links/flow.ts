import type { Socket } from "node:net";
import type { LinkState } from "./link";

/** What flows from one socket to the other, in order: held back while the link is blocked, late while it is slow. */
export class Flow {
  private readonly late: { chunk: Buffer; due: number }[] = [];
  private timer: NodeJS.Timeout | null = null;
  private ended = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly state: () => LinkState,
  ) {
    from.on("data", (chunk) => {
      const { delayMs, blocked } = this.state();
      if (delayMs === 0 && !blocked && this.late.length === 0) this.write(chunk);
      else {
        this.late.push({ chunk, due: performance.now() + delayMs });
        this.send();
      }
    });
    from.on("end", () => {
      this.ended = true;
      this.send();
    });
    // A broken connection breaks on the other side as well; one that was ended is ended there once all has passed.
    from.on("error", () => to.resetAndDestroy());
    from.on("close", () => {
      if (this.timer) clearTimeout(this.timer);
      if (!this.ended) to.destroy();
    });
    to.on("drain", () => this.changed());
    this.changed();
  }

  /** The link's state or the receiver's readiness is another one now. */
  changed(): void {
    if (this.state().blocked || this.to.writableNeedDrain) this.from.pause();
    else {
      this.from.resume();
      this.send();
    }
  }

  private send(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    if (this.state().blocked) return;
    for (let next = this.late[0]; next; next = this.late[0]) {
      const waitMs = next.due - performance.now();
      if (waitMs > 0) {
        this.timer = setTimeout(() => this.send(), waitMs);
        return;
      }
      this.late.shift();
      this.write(next.chunk);
    }
    if (this.ended) this.to.end();
  }

  private write(chunk: Buffer): void {
    if (!this.to.write(chunk)) this.from.pause();
  }
}
