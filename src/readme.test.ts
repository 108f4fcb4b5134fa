/** The README promises a meaning for every counter; this holds it to the codes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sinkOutcome, sourceOutcome } from './abi/layout.gen.ts';
import { counterNames } from './base/counters.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

/** First cells of the table that begins with this heading. */
function firstCells(heading: string): string[] {
  const lines = readme.split('\n');
  const start = lines.findIndex((line) => line.split('|')[1]?.trim() === heading);
  const rows = lines.slice(start + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((line) => line.split('|')[1]?.trim().replaceAll('`', '') ?? '');
}

describe('README', () => {
  it.each([
    ['source counter', counterNames(sourceOutcome)],
    ['sink counter', counterNames(sinkOutcome)],
  ])('explains every %s, in the order of the codes', (heading, names) => {
    expect(firstCells(heading)).toEqual(names);
  });
});
