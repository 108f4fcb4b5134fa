import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HostintError } from './errors.ts';
import { readOptions } from './options.ts';

const schema = z.strictObject({
  nodeId: z.coerce.number('give a number').int().min(1, 'is below 1'),
  iface: z.array(z.string()).default([]),
});
const command = 'hostint test';

function message(sources: Omit<Parameters<typeof readOptions>[1], 'command'>): string {
  try {
    readOptions(schema, { command, ...sources });
  } catch (error) {
    if (error instanceof HostintError) {
      expect(error.exitCode).toBe(2);
      return error.message;
    }
    throw error;
  }
  return 'accepted';
}

describe('readOptions', () => {
  it('lets a flag beat the file and fills in defaults', () => {
    const file = { path: 'h.yaml', text: 'nodeId: 7\n' };
    expect(readOptions(schema, { command, flags: { nodeId: '9' }, file })).toEqual({ nodeId: 9, iface: [] });
    expect(readOptions(schema, { command, flags: { nodeId: undefined }, file })).toEqual({ nodeId: 7, iface: [] });
  });

  it('takes an empty file for no options', () => {
    expect(
      readOptions(schema, { command, flags: { nodeId: 1 }, file: { path: 'h.yaml', text: '# none\n' } }).nodeId,
    ).toBe(1);
  });

  it.each([
    ['an unknown name in the file', 'nodeld: 7', 'read config h.yaml: hostint test has no option "nodeld"'],
    ['text that is no YAML', 'nodeId: [7', 'read config h.yaml: '],
    ['a list', '- nodeId', 'read config h.yaml: it is no list of `option: value` lines'],
    ['what is missing', '', 'read options of hostint test: --node-id is missing'],
    ['a value out of range', 'nodeId: 0', 'read option --node-id in h.yaml: is below 1'],
  ])('refuses %s', (_, text, sentence) => {
    expect(message({ flags: {}, file: { path: 'h.yaml', text } })).toContain(sentence);
  });

  it('names the flag, without the file, when the flag is wrong', () => {
    expect(message({ flags: { nodeId: 0 }, file: { path: 'h.yaml', text: 'nodeId: 7' } })).toBe(
      'read option --node-id: is below 1',
    );
  });
});
