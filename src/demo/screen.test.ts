import { expect, test } from 'vitest';
import { type Output, Screen } from './screen.ts';

function recorder(terminal: Partial<Output>): { readonly output: Output; readonly written: string[] } {
  const written: string[] = [];
  return { output: { ...terminal, write: (text) => written.push(text) }, written };
}

const VIEW = { head: ['page: http://127.0.0.1:9040'], table: ['flow  lost', 'tcp      0'], seconds: 7 };

test('draws each view over the last one on a terminal', () => {
  const { output, written } = recorder({ isTTY: true, columns: 80, rows: 24 });
  const screen = new Screen(output);
  screen.show(VIEW);
  screen.show(VIEW);
  const frame = '\x1b[Hpage: http://127.0.0.1:9040\x1b[K\n\x1b[K\nflow  lost\x1b[K\ntcp      0\x1b[K\n\x1b[J';
  expect(written).toEqual([`\x1b[2J${frame}`, frame]);
});

test('never writes beyond the terminal’s edges, where lines would wrap or scroll', () => {
  const { output, written } = recorder({ isTTY: true, columns: 10, rows: 6 });
  new Screen(output).show({ ...VIEW, table: ['heads', ...Array.from({ length: 50 }, () => 'a long row of a flow')] });
  const lines = written
    .join('')
    .replaceAll(/\x1b\[\w+/g, '')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBe(5);
  expect(lines.at(-1)).toBe('… 49 more:');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(10);
});

test('writes plain lines with the time elsewhere, the head once', () => {
  const { output, written } = recorder({});
  const screen = new Screen(output);
  screen.show(VIEW);
  screen.show({ ...VIEW, seconds: 8.2 });
  expect(written).toEqual([
    'page: http://127.0.0.1:9040\n        flow  lost\n   7 s  tcp      0\n',
    '        flow  lost\n   8 s  tcp      0\n',
  ]);
});

test('takes a terminal without a size for one of 80 by 24', () => {
  const { output, written } = recorder({ isTTY: true, columns: 0, rows: 0 });
  new Screen(output).show(VIEW);
  expect(written.join('')).toContain(VIEW.table[1]);
});
