import { describe, expect, it } from 'vitest';
import { Counts } from './measures.ts';
import { PeerTable } from './peer-table.ts';

/** Each inner list: the epochs that the flows of node 7 show in one window. */
function sharedAfter(windows: readonly (readonly (number | undefined)[])[]): boolean | undefined {
  const table = new PeerTable();
  for (const epochs of windows) {
    for (const epoch of epochs) table.add(7, new Counts(), 1, epoch);
    table.closeWindow();
  }
  return table.list()[0]?.[1].shared;
}

describe('a node id', () => {
  it.each([
    ['one source', [[4, 4], [4], [4, 4]], false],
    ['a source that restarts', [[4, 4], [4, 5], [5], [5]], false],
    ['flows without numbers', [[undefined], [4, undefined], [undefined, 4], [4]], false],
    [
      'two sources',
      [
        [4, 5],
        [5, 4],
        [4, 5],
      ],
      true,
    ],
    ['two sources, one of them gone again', [[4, 5], [5, 4], [4, 5], [4]], false],
    ['a source that is silent for a while', [[4], [], [4], [], [4]], false],
  ])('of %s', (_, windows, shared) => {
    expect(sharedAfter(windows)).toBe(shared);
  });
});
