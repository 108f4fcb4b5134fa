import type { SourceStatus } from './messages.ts';

/** What a source prints when it ends, as ping does: totals first, then each reason that left packets alone. */
export function summarize(status: SourceStatus): string {
  const { stamped = 0, ...others } = status.counters;
  const reasons = Object.entries(others).filter(([, amount]) => amount > 0);
  const seen = reasons.reduce((sum, [, amount]) => sum + amount, stamped);
  const share = seen === 0 ? 0 : (100 * stamped) / seen;
  const names = status.interfaces.map(({ name }) => name).join(', ');
  const lines = [
    `--- hostint source on ${names}, node ${status.nodeId} ---`,
    `${seen} packets seen, ${stamped} stamped (${share.toFixed(2)} %), ${status.flows.created} flows, time ${status.uptimeSeconds.toFixed(1)} s`,
    ...reasons.map(([reason, amount]) => `left alone, ${reason}: ${amount}`),
  ];
  return `${lines.join('\n')}\n`;
}
