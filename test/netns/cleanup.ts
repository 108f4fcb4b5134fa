import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { inject, onTestFinished } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** HOSTINT_SHELL=1: stop with a shell before cleaning up. */
    shell: boolean;
  }
}

/** What a topology has started; the newest ends first. */
export type Cleanup = {
  readonly add: (step: () => unknown) => void;
  /** Takes the steps so far, newest first; one that fails does not keep the others from running. */
  readonly run: () => Promise<void>;
};

/** Runs the steps added to it when the current test ends. With HOSTINT_SHELL=1 a shell stands before the first one. */
export function cleanupWithTest(hint: string): Cleanup {
  const steps: (() => unknown)[] = [];
  const run = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        await step();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, `cleaning up failed: ${errors.map(String).join('; ')}`);
  };
  onTestFinished(async ({ task }) => {
    if (inject('shell') && steps.length > 0) openShell(`${task.name}: ${task.result?.state ?? 'ended'}\n${hint}`);
    await run();
  });
  return { add: (step) => void steps.push(step), run };
}

function openShell(message: string): void {
  // vitest owns stdin and stdout of this worker; the terminal itself is free.
  const terminal = openSync('/dev/tty', 'r+');
  try {
    writeSync(terminal, `\n${message}\n"exit" takes it down and goes on\n`);
    spawnSync('bash', ['-i'], { stdio: [terminal, terminal, terminal] });
  } finally {
    closeSync(terminal);
  }
}
