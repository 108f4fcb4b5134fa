import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Host } from './host.ts';
import { WORK_DIRECTORY } from './paths.ts';
import { type CapturedFrame, parsePcap } from './pcap.ts';
import { waitFor } from './wait.ts';

export type CaptureOptions = {
  /** veth0 unless told otherwise. */
  readonly interfaceName?: string;
  /** Of each frame; everything unless told otherwise. */
  readonly snapBytes?: number;
  /** In pcap-filter(7) language. */
  readonly filter?: string;
  readonly direction?: 'inbound' | 'outbound';
};

export type Capture = {
  /** Ends the capture and returns every frame it was meant to see; throws when the kernel dropped one. */
  readonly stop: () => Promise<readonly CapturedFrame[]>;
};

/**
 * Captures with tcpdump. Outgoing frames are seen as they are on the wire (after the source program and
 * after segmentation), incoming ones after the XDP program: to see the wire, capture where they leave.
 */
export async function startCapture(host: Host, options: CaptureOptions = {}): Promise<Capture> {
  const { interfaceName = 'veth0', snapBytes = 0 } = options;
  const path = `${WORK_DIRECTORY}/${randomUUID()}.pcap`;
  const bufferKiB = 128 << 10;
  const tcpdump = host.spawn([
    ...['tcpdump', '-i', interfaceName, '-n', '-s', String(snapBytes), '-B', String(bufferKiB)],
    ...['--immediate-mode', '-U', '--time-stamp-precision=nano', '-w', path],
    await filterExpression(host, interfaceName, options),
  ]);
  await waitFor(() => tcpdump.stderr().includes('listening on'), { describe: () => `tcpdump: ${tcpdump.stderr()}` });
  return {
    stop: async () => {
      // tcpdump leaves at once when told to stop, so ask (SIGUSR1 prints counts) until it has written all it received.
      await waitFor(
        () => {
          const counts = latestCounts(tcpdump.stderr());
          tcpdump.signal('SIGUSR1');
          return counts !== undefined && counts.captured === counts.received;
        },
        { describe: () => `tcpdump to write all frames: ${tcpdump.stderr()}`, timeoutMs: 20_000 },
      );
      await tcpdump.stop();
      const dropped = latestCounts(tcpdump.stderr())?.dropped;
      if (dropped !== 0)
        throw new Error(`the capture on ${host.name} ${interfaceName} is incomplete: ${tcpdump.stderr()}`);
      return parsePcap(readFileSync(path));
    },
  };
}

/**
 * The direction by address, not by -Q or "outbound": libpcap applies those after the kernel has counted a
 * frame as received, or loses the first frames over them.
 */
async function filterExpression(host: Host, interfaceName: string, options: CaptureOptions): Promise<string> {
  const { direction, filter } = options;
  const [, own] = /link\/ether (\S+)/.exec(await host.exec(['ip', 'link', 'show', interfaceName])) ?? [];
  const directions = { inbound: `not ether src ${own}`, outbound: `ether src ${own}` };
  const parts = [direction && directions[direction], filter && `(${filter})`];
  return parts.filter((part) => part !== undefined).join(' and ');
}

type Counts = { readonly captured: number; readonly received: number; readonly dropped: number };

function latestCounts(stderr: string): Counts | undefined {
  const last = (pattern: RegExp): number | undefined => {
    const text = [...stderr.matchAll(pattern)].at(-1)?.[1];
    return text === undefined ? undefined : Number(text);
  };
  const captured = last(/(\d+) packets? captured/g);
  const received = last(/(\d+) packets? received by filter/g);
  const dropped = last(/(\d+) packets? dropped by kernel/g);
  if (captured === undefined || received === undefined || dropped === undefined) return undefined;
  return { captured, received, dropped };
}
