import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Cleanup } from '../cleanup.ts';
import { TOOLS_DIRECTORY, WORK_DIRECTORY } from '../paths.ts';
import { start } from '../process.ts';
import { waitFor } from '../wait.ts';

/** One number for both directions or one each. */
type PerDirection = number | { readonly toRight: number; readonly toLeft: number };

/** The relay's options under its own names; a stands on the left. */
export type RelayOptions = {
  readonly delayUs?: PerDirection;
  readonly lossPerMille?: PerDirection;
  readonly seed?: PerDirection;
  /** How much of each frame the log keeps. */
  readonly headBytes?: PerDirection;
};

export type RelayedFrame = {
  /** Counts the frames of a direction from 0 in order of arrival. */
  readonly index: number;
  readonly direction: 'toRight' | 'toLeft';
  readonly bytes: number;
  readonly verdict: 'forwarded' | 'dropped' | 'refused' | 'abandoned';
  readonly arrivalNs: bigint;
  readonly doneNs: bigint;
  readonly head: Uint8Array;
};

export type Relay = {
  /** Ends the wire and returns what it did to every frame; throws if it cannot know. */
  readonly stop: () => Promise<readonly RelayedFrame[]>;
};

const VERDICTS = ['forwarded', 'dropped', 'refused', 'abandoned'] as const;

export async function startRelay(
  options: RelayOptions & {
    readonly namespace: string;
    readonly left: string;
    readonly right: string;
    readonly cleanup: Cleanup;
  },
): Promise<Relay> {
  const logPath = `${WORK_DIRECTORY}/${randomUUID()}.relay`;
  const numbers = {
    'delay-us': options.delayUs,
    'loss-per-mille': options.lossPerMille,
    seed: options.seed,
    'head-bytes': options.headBytes,
  };
  const running = start([
    ...['nsenter', `--net=/run/netns/${options.namespace}`, `${TOOLS_DIRECTORY}/relay`],
    ...['--left', options.left, '--right', options.right, '--log', logPath],
    ...Object.entries(numbers).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, pairText(value)])),
  ]);
  options.cleanup.add(() => running.stop());
  await waitFor(() => running.stdout().includes('ready'), { describe: () => `the relay: ${running.stderr()}` });
  return {
    stop: async () => {
      const exit = await running.stop();
      if (exit.code !== 0) throw new Error(`the relay failed: ${JSON.stringify(exit)} ${running.stderr()}`);
      return parseLog(readFileSync(logPath, 'utf8'));
    },
  };
}

function pairText(value: PerDirection): string {
  return typeof value === 'number' ? String(value) : `${value.toRight},${value.toLeft}`;
}

function parseLog(text: string): readonly RelayedFrame[] {
  const lines = text.trimEnd().split('\n');
  const end = lines.pop();
  if (end !== 'end 0 0') throw new Error(`the kernel dropped frames before the relay saw them: ${end}`);
  return lines.map(parseLine);
}

function parseLine(line: string): RelayedFrame {
  const [index, direction, bytes, verdictText, arrival, done, head = ''] = line.split(' ');
  const verdict = VERDICTS.find((name) => name === verdictText);
  if (verdict === undefined || arrival === undefined || done === undefined) throw new Error(`relay log: ${line}`);
  return {
    index: Number(index),
    direction: direction === '>' ? 'toRight' : 'toLeft',
    bytes: Number(bytes),
    verdict,
    arrivalNs: BigInt(arrival),
    doneNs: BigInt(done),
    head: Buffer.from(head, 'hex'),
  };
}
