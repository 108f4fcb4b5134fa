import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { z } from 'zod';
import { operationError } from '../base/errors.ts';

export const STATE_DIRECTORY = '/run/hostint-demo';
const STATE_PATH = `${STATE_DIRECTORY}/state.json`;

/** An abstract Unix socket: the kernel lets one process hold it and frees it when that process ends, however. */
const LOCK_NAME = '\0hostint-demo';

/** A process that surely is the one meant: numbers are reused, but not with the same start time. */
const processSchema = z.object({ pid: z.number().int(), startTicks: z.string() });
export type ProcessIdentity = z.infer<typeof processSchema>;

const stateSchema = z.object({ processes: z.array(processSchema) });

/** This demo is the only one on the host while it holds the lock. */
export type Lock = { readonly release: () => void };

/** Throws an operation error while another demo runs. */
export async function takeLock(): Promise<Lock> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen(LOCK_NAME);
    await once(server, 'listening');
  } catch (error) {
    const cause = isInUse(error) ? 'another demo is running on this host' : error;
    throw operationError({ operation: 'start', object: 'the demo', cause, cure: 'stop the other one first' });
  }
  server.unref();
  return { release: () => void server.close() };
}

/** Ends the processes that an earlier demo wrote down and left behind; never a process that took over a number. */
export function endRecordedProcesses(kill: (pid: number) => void): void {
  for (const { pid, startTicks } of readState()) if (startTicksOf(pid) === startTicks) kill(pid);
}

/** Writes down which processes to end should this demo be unable to. */
export function recordProcesses(processes: readonly ProcessIdentity[]): void {
  mkdirSync(STATE_DIRECTORY, { recursive: true, mode: 0o700 });
  writeFileSync(`${STATE_PATH}.new`, JSON.stringify({ processes }));
  renameSync(`${STATE_PATH}.new`, STATE_PATH);
}

export function removeState(): void {
  rmSync(STATE_DIRECTORY, { recursive: true, force: true });
}

/** undefined: there is no such process any more. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTicks = startTicksOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks };
}

function readState(): readonly ProcessIdentity[] {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(STATE_PATH, 'utf8'))).processes;
  } catch {
    // None: no demo ran, or it ended as it should.
    return [];
  }
}

/** Field 22 of /proc/PID/stat; the name before it may hold spaces, so count from behind the last parenthesis. */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
