import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 200;
const REQUEST_MS = 5_000;

/**
 * Ask again and again until `check` says yes. `gaveUp` lets the caller stop early with a reason, typically because the
 * process being waited for has ended.
 */
export async function waitUntil(
  what: string,
  check: () => Promise<boolean>,
  options: { timeoutMs: number; gaveUp?: () => string | undefined; signal?: AbortSignal | undefined },
): Promise<void> {
  const deadline = Date.now() + options.timeoutMs;
  for (;;) {
    if (await check()) return;
    const reason = options.gaveUp?.();
    if (reason) throw new Error(`${what}: ${reason}`);
    if (Date.now() > deadline) throw new Error(`${what}: not ready after ${options.timeoutMs / 1000} s.`);
    await sleep(POLL_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
}

/** Whether the address answers 200; a refused connection is a plain no. */
export async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { redirect: "manual", signal: AbortSignal.timeout(REQUEST_MS) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    return false;
  }
}
