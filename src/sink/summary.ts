import { latencyOf } from './measures.ts';
import type { Status } from './messages.ts';
import type { SinkService } from './service.ts';

/** What a sink prints when it ends, as ping does: totals first, then each reason that left packets alone. */
export function summarize(service: SinkService): string {
  const status = service.status();
  const { packets, lost, reordered, duplicates } = service.engine.totals();
  const gone = Math.max(lost, 0);
  const share = packets + gone === 0 ? 0 : (100 * gone) / (packets + gone);
  const names = status.interfaces.map(({ name }) => name).join(', ');
  return [
    `--- hostint sink on ${names}, node ${status.nodeId} ---`,
    `${packets} packets received, ${gone} lost (${share.toFixed(3)} %), ${reordered} reordered, ${duplicates} duplicates, time ${status.uptimeSeconds.toFixed(1)} s`,
    ...latencyLine(service),
    `telemetry: ${status.telemetry.records} records, ${status.telemetry.lost} lost`,
    ...reasons(status.counters).map(([reason, count]) => `${reason}: ${count}`),
    '',
  ].join('\n');
}

function latencyLine(service: SinkService): string[] {
  const latency = latencyOf(service.engine.latency());
  if (latency === null) return [];
  const { min, mean, p50, p99, max } = latency;
  const values = [min, mean, p50, p99, max].map((valueNs) => (valueNs / 1e6).toFixed(3)).join('/');
  return [`latency min/mean/p50/p99/max = ${values} ms`];
}

function reasons(counters: Status['counters']): [string, number][] {
  return Object.entries(counters).filter(([, count]) => count > 0);
}
