import { spawn } from 'node:child_process';
import { operationError } from '../base/errors.ts';

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 3_000;
const STDERR_LINES_KEPT = 8;

/** A process of the demo. */
export type Child = {
  readonly name: string;
  readonly pid: number;
  /** Resolves when it has printed its ready line; rejects when it ends before, or takes too long. */
  readonly ready: Promise<void>;
  /** Rejects when it ends by itself, with its last words; never settles otherwise. */
  readonly failed: Promise<never>;
  /** Ends it, by force after three seconds; resolves when it is gone. */
  readonly stop: (signal: NodeJS.Signals) => Promise<void>;
};

/** Starts a process that dies with this one, even if this one is killed. */
export function startChild(name: string, command: readonly string[]): Child {
  // In a session of its own: a Ctrl-C then reaches only the demo, which ends the others in order.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lastLines: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lastLines.push(...text.split('\n').filter((line) => line !== ''));
    lastLines.splice(0, lastLines.length - STDERR_LINES_KEPT);
  });
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) =>
      resolve(signal === null ? `it ended with code ${code}` : `${signal} ended it`),
    );
  });
  const failed = new Promise<never>((_, reject) => {
    void ended.then((how) => {
      if (stopping) return;
      const words =
        lastLines.length === 0 ? 'it wrote nothing to stderr' : `it last wrote:\n  ${lastLines.join('\n  ')}`;
      reject(operationError({ operation: 'keep running', object: name, cause: `${how}; ${words}` }));
    });
  });
  // Whoever starts many children waits for all of them at once, maybe later than the first one fails.
  failed.catch(() => undefined);
  const ready = Promise.race([untilReadyLine(child.stdout, name), failed]);
  ready.catch(() => undefined);
  return {
    name,
    pid: child.pid ?? 0,
    ready,
    failed,
    stop: async (signal) => {
      stopping = true;
      child.kill(signal);
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
      await ended;
      clearTimeout(force);
    },
  };
}

function untilReadyLine(stdout: NodeJS.ReadableStream, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      const cause = `not ready after ${READY_TIMEOUT_MS / 1000} s`;
      reject(operationError({ operation: 'start', object: name, cause }));
    }, READY_TIMEOUT_MS);
    late.unref();
    let text = '';
    // Reading goes on after the ready line: a full pipe would stop the child.
    stdout.setEncoding('utf8').on('data', (part: string) => {
      if (text.includes('"event":"ready"')) return;
      text += part;
      if (!text.includes('"event":"ready"')) return;
      clearTimeout(late);
      resolve();
    });
  });
}
