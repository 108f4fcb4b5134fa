import { describe as group, expect, it, test } from 'vitest';
import { describe, operationError, usageError } from './errors.ts';

group('an error for the user', () => {
  it('says operation, object, cause and cure, and keeps the cause', () => {
    const cause = new Error('No such device');
    const error = operationError({ operation: 'attach xdp', object: 'veth10', cause, cure: 'see `ip link`' });
    expect(error.message).toBe('attach xdp veth10: No such device; see `ip link`');
    expect(error.cause).toBe(cause);
  });

  it('leaves out an object and a cure that there are not', () => {
    expect(usageError({ operation: 'read options', object: '', cause: 'nothing given' }).message).toBe(
      'read options: nothing given',
    );
  });

  it('ends the command with 2 when its input is wrong and with 1 when the system refuses', () => {
    const parts = { operation: 'read', object: 'file', cause: 'why' };
    expect([usageError(parts).exitCode, operationError(parts).exitCode]).toEqual([2, 1]);
  });
});

test.each([
  [new TypeError('wrong'), 'wrong'],
  ['text', 'text'],
  [undefined, 'undefined'],
])('whatever is thrown has a text: %s', (thrown, text) => {
  expect(describe(thrown)).toBe(text);
});
