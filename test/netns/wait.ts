import { setTimeout as delay } from 'node:timers/promises';

export type WaitOptions = {
  /** What is waited for, for the error message: "timed out after 5000 ms waiting for …". */
  readonly describe: string | (() => string | Promise<string>);
  readonly timeoutMs?: number | undefined;
};

/**
 * Calls `condition` until it returns something other than undefined or false, and returns that.
 * Throws after `timeoutMs` (10 s unless told) with the description and what the last call returned or threw.
 */
export async function waitFor<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  { describe, timeoutMs = 10_000 }: WaitOptions,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    let last: unknown;
    try {
      const result = await condition();
      if (result !== undefined && result !== false) return result;
      last = result;
    } catch (error) {
      last = error;
    }
    if (performance.now() > endMs) {
      const what = typeof describe === 'string' ? describe : await describe();
      throw new Error(`timed out after ${timeoutMs} ms waiting for ${what}; last seen: ${String(last)}`);
    }
    await delay(10);
  }
}
