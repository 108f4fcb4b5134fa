/** What a process offers; only this much, so that `process` itself stays with the command lines. */
export type Signalled = { once(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown };

/** Resolves at the first signal. The second is left to its default: an impatient Ctrl-C ends at once (the kernel detaches). */
export async function untilSignal(process: Signalled): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });
}
