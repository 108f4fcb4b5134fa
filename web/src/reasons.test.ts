import { expect, test } from 'vitest';
import { sinkEvent, sinkOutcome } from '../../src/abi/layout.gen.ts';
import { reasonCounts, reasonOf, rejectedPackets } from './reasons.ts';

/** The public name of a counter: its C constant without the prefix, lower-case. */
function publicNames(constants: Readonly<Record<string, number>>, prefix: RegExp): string[] {
  return Object.keys(constants)
    .filter((name) => !name.endsWith('_COUNT'))
    .map((name) => name.replace(prefix, '').toLowerCase());
}

test.each([...publicNames(sinkOutcome, /^SINK_/), ...publicNames(sinkEvent, /^SINK_EVENT_/)])(
  'the counter %s of the kernel program has words of its own',
  (name) => {
    expect(reasonOf(name).explanation).not.toContain('does not know');
  },
);

test('a reason that the page does not know is shown by its name', () => {
  expect(reasonOf('brand_new_reason')).toMatchObject({ label: 'brand new reason', kind: 'trouble' });
});

test('puts what needs a look first and zeros last', () => {
  const rows = reasonCounts({ truncated: 0, not_int: 5, stripped: 900, md_version: 2, records_lost: 7 });
  expect(rows.map((row) => row.name)).toEqual(['records_lost', 'md_version', 'stripped', 'not_int', 'truncated']);
});

test('adds up INT that was not accepted, and nothing else', () => {
  expect(rejectedPackets({ stripped: 100, not_int: 50, md_version: 2, nested: 3, records_lost: 9 })).toBe(5);
});
