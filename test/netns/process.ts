import { spawn } from 'node:child_process';
import { waitFor } from './wait.ts';

export type Exit = { readonly code: number | null; readonly signal: NodeJS.Signals | null };
export type Line = Readonly<Record<string, unknown>>;

/** A child with its output kept. */
export type Running = {
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The JSON objects printed on stdout so far, one a line; other lines are left out. */
  readonly events: () => readonly Line[];
  readonly exited: Promise<Exit>;
  /** Waits for a JSON line on stdout whose `event` is this; throws when the child ends before. */
  readonly event: (name: string, timeoutMs?: number) => Promise<Line>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** Asks by SIGINT (or another signal), insists by SIGKILL after ten seconds; idempotent. */
  readonly stop: (name?: NodeJS.Signals) => Promise<Exit>;
};

/** Starts a program with `stdin` as its whole input; the caller registers `stop` for cleanup. */
export function start(command: readonly string[], stdin: string | Uint8Array = ''): Running {
  const [program, ...args] = command;
  if (program === undefined) throw new Error('start: empty command');
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  let ended: Exit | undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  // A child that ends before it reads its input is judged by its exit code, not by a broken pipe.
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const exited = new Promise<Exit>((resolve) => {
    const end = (exit: Exit) => resolve((ended ??= exit));
    child.once('error', (error) => {
      output.stderr += error.message;
      end({ code: 127, signal: null });
    });
    // 'close' and not 'exit': the output is complete then.
    child.once('close', (code, signal) => end({ code, signal }));
  });

  const events = () => jsonLines(output.stdout);
  const event = async (name: string, timeoutMs = 15_000): Promise<Line> => {
    const describe = () => `"${name}" from ${command.join(' ')}\n${output.stderr}`;
    const outcome = await waitFor(() => events().find((line) => line['event'] === name) ?? ended, {
      describe,
      timeoutMs,
    });
    if (outcome === ended) throw new Error(`ended with ${JSON.stringify(ended)} before ${describe()}`);
    return { ...outcome };
  };
  const stop = async (name: NodeJS.Signals = 'SIGINT'): Promise<Exit> => {
    child.kill(name);
    const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
    try {
      return await exited;
    } finally {
      clearTimeout(insist);
    }
  };
  return {
    pid: child.pid ?? 0,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    events,
    exited,
    event,
    signal: (name) => void child.kill(name),
    stop,
  };
}

function jsonLines(text: string): readonly Line[] {
  return text
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      const value: unknown = JSON.parse(line);
      return isLine(value) ? value : {};
    });
}

function isLine(value: unknown): value is Line {
  return typeof value === 'object' && value !== null;
}
