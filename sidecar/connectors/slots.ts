/**
 * Requests at once. Nothing waits inside the HTTP client: a request that had its place in the rate limit and then stood in
 * a queue would reach the vendor in another window than it was counted in.
 */
export class Slots {
  private busy = 0;
  private readonly waiting: { priority: number; go: () => void }[] = [];

  /** @param size asked each time: with a limit on the account it is this sidecar's share of it */
  constructor(private readonly size: () => number) {}

  /** A slot, the lowest priority number first: at once (undefined), or when the promise resolves. Whoever got one has to `free` it. */
  take(priority: number): Promise<void> | undefined {
    if (this.busy >= this.size()) return this.turn(priority);
    this.busy += 1;
    return undefined;
  }

  /** The slot goes to who waits before it can be taken by a newcomer. The size may have grown meanwhile. */
  free(): void {
    this.busy -= 1;
    while (this.busy < this.size()) {
      const next = this.waiting.shift();
      if (!next) return;
      this.busy += 1;
      next.go();
    }
  }

  private async turn(priority: number): Promise<void> {
    return new Promise((resolve) => {
      let at = this.waiting.length;
      while (at > 0 && (this.waiting[at - 1]?.priority ?? 0) > priority) at -= 1;
      this.waiting.splice(at, 0, { priority, go: resolve });
    });
  }
}
