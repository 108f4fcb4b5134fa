/** Counters by reason, in words of people who do not know the program. Pure. */

/** `normal`: belongs to healthy traffic; `rejected`: INT that was not accepted; `trouble`: the sink itself fell short. */
export type ReasonKind = 'normal' | 'rejected' | 'trouble';

export interface Reason {
  readonly label: string;
  readonly explanation: string;
  readonly kind: ReasonKind;
}

const REASONS: ReadonlyMap<string, Reason> = new Map([
  ['stripped', normal('Measured', 'Stamped packets, measured and handed on as they were sent.')],
  ['not_int', normal('Not stamped', 'Ordinary packets without telemetry; passed on untouched.')],
  ['discarded', normal('Probes', 'Packets that sources send to find out whether this sink answers.')],
  ['truncated', rejected('Cut short', 'A length field claims more than the packet holds.')],
  [
    'outer_options',
    rejected('Outer IP options', 'Options or extension headers in the outer IP header, which no hostint source sends.'),
  ],
  [
    'outer_fragment',
    rejected(
      'Outer fragment',
      'The stamped packet was fragmented on its way: the MTU of the path is smaller than that of the source.',
    ),
  ],
  ['outer_checksum', rejected('Outer checksum wrong', 'The outer IPv4 header was damaged on its way.')],
  ['outer_length', rejected('Outer lengths disagree', 'IP and UDP name different lengths.')],
  ['shim_type', rejected('Not INT-MD', 'Another kind of INT, or other traffic on the INT port.')],
  ['shim_next', rejected('Unknown next protocol', 'The INT shim does not say what follows it.')],
  ['md_version', rejected('Other INT version', 'The sender speaks a version of INT other than 2.')],
  ['stack_length', rejected('Hop stack length wrong', 'The INT stack is empty or no whole number of hops.')],
  ['stack_hops', rejected('Too many hops', 'More than eight hops in the INT stack.')],
  [
    'instructions',
    rejected('Instructions unclear', 'Metadata of unknown size, or a hop size that contradicts the instructions.'),
  ],
  ['inner_malformed', rejected('Inner packet damaged', 'Version or length of the inner IP header is wrong.')],
  [
    'address_mismatch',
    rejected(
      'Addresses differ',
      'Inner and outer addresses disagree, as behind address translation; never stripped on a guess.',
    ),
  ],
  ['nested', rejected('INT inside INT', 'The inner packet is stamped again.')],
  ['not_allowed', rejected('Sender not allowed', 'The source address is outside --allow.')],
  ['helper_failed', trouble('Kernel refused', 'The kernel could not remove the telemetry from the packet.')],
  ['records', normal('Records', 'Telemetry records that the kernel produced, one a measured packet.')],
  [
    'records_lost',
    trouble(
      'Records lost',
      'Telemetry that found no room in the ring: detail is incomplete, packets were not affected.',
    ),
  ],
  ['flows_created', normal('Flows seen', 'Flows that the kernel met for the first time.')],
  [
    'flow_samples_lost',
    trouble(
      'Flow announcements lost',
      'A new flow was not announced because the ring was full; it is announced again with a later packet.',
    ),
  ],
  [
    'flow_map_full',
    trouble('Flow table full', 'Packets without a record because no flow could be added; raise --max-flows.'),
  ],
  [
    'superpacket_mismatch',
    trouble(
      'Segments unlike their stamp',
      'Segments of a large TCP packet that do not fit its stamp; measured, but without a sequence number.',
    ),
  ],
]);

function normal(label: string, explanation: string): Reason {
  return { label, explanation, kind: 'normal' };
}

function rejected(label: string, explanation: string): Reason {
  return { label, explanation, kind: 'rejected' };
}

function trouble(label: string, explanation: string): Reason {
  return { label, explanation, kind: 'trouble' };
}

/** The words for a counter; a name that the page does not know stands for itself and counts as trouble. */
export function reasonOf(name: string): Reason {
  return REASONS.get(name) ?? trouble(name.replaceAll('_', ' '), 'A reason that this page does not know.');
}

export interface ReasonCount extends Reason {
  readonly name: string;
  readonly count: number;
}

/** All counters with their words: what needs a look first, then by size, those at zero last. */
export function reasonCounts(counters: Readonly<Record<string, number>>): readonly ReasonCount[] {
  const rows = Object.entries(counters).map(([name, count]) => ({ ...reasonOf(name), name, count }));
  return rows.sort((a, b) => urgency(b) - urgency(a) || b.count - a.count || a.label.localeCompare(b.label, 'en'));
}

function urgency(row: ReasonCount): number {
  if (row.count === 0) return 0;
  return row.kind === 'normal' ? 1 : 2;
}

/** Packets whose INT the sink did not accept. */
export function rejectedPackets(counters: Readonly<Record<string, number>>): number {
  return reasonCounts(counters).reduce((sum, row) => (row.kind === 'rejected' ? sum + row.count : sum), 0);
}
