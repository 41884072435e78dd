/** Lets a loop sleep until somebody has work for it or its time is up. A wake-up that comes while nobody sleeps is kept. */
export class Wake {
  private pending = false;
  private ring: (() => void) | null = null;

  now(): void {
    this.pending = true;
    this.ring?.();
  }

  async sleep(milliseconds: number): Promise<void> {
    if (!this.pending) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, milliseconds);
        this.ring = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.ring = null;
    }
    this.pending = false;
  }
}
