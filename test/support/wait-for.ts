export interface WaitOptions {
  /** Give up after so long. Default 20,000 ms. */
  timeoutMs?: number;
  /** Look again after so long. Default 50 ms. */
  everyMs?: number;
  signal?: AbortSignal;
}

/** Waits until the condition holds, and says what it waited for when it does not. A condition that throws has not come true yet. */
export async function waitFor(
  what: string,
  condition: () => Promise<boolean> | boolean,
  options: WaitOptions = {},
): Promise<void> {
  const { timeoutMs = 40_000, everyMs = 50, signal } = options;
  const deadline = Date.now() + timeoutMs;
  let last: unknown = null;
  while (Date.now() < deadline) {
    signal?.throwIfAborted();
    try {
      if (await condition()) return;
      last = null;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const why = last instanceof Error ? `: ${last.message}` : "";
  throw new Error(`Waited ${timeoutMs} ms for ${what}${why}`);
}
