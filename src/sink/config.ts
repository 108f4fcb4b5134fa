/** Options of `hostint sink`: names are the flags' in camelCase, as the YAML file spells them. */
import { z } from 'zod';
import { intHostint } from '../abi/layout.gen.ts';
import { parsePrefix } from '../base/address.ts';
import { describe } from '../base/errors.ts';
import { parseListen } from '../base/listen.ts';

/** Several flags or, in a file, a list or one text. */
const texts = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? [String(value)] : value),
  z.array(z.coerce.string().min(1, 'is empty'), 'must be a text or a list of texts'),
);

function integer(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z.coerce.number(message).int(message).min(minimum, message).max(maximum, message);
}

/** Reads a text by a function that throws where it cannot. */
function read<Value>(text: string, context: z.RefinementCtx, parse: (text: string) => Value): Value {
  try {
    return parse(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: describe(error) });
    return z.NEVER;
  }
}

function prefixOf(text: string) {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`"${text}" is no address or prefix, as in 10.0.0.0/24 or 2001:db8::/32`);
  return prefix;
}

export const sinkConfigSchema = z.strictObject({
  iface: texts
    .refine((names) => names.length > 0, 'names no interface')
    .refine((names) => new Set(names).size === names.length, 'names an interface twice'),
  nodeId: integer(1, 0xffff_ffff),
  listen: z
    .string('must be host:port or unix:/path')
    .default('127.0.0.1:9040')
    .transform((text, context) => read(text, context, parseListen)),
  allow: texts.default([]).transform((prefixes, context) => prefixes.map((text) => read(text, context, prefixOf))),
  encap: z.literal('ip-udp', 'must be ip-udp, the one encapsulation there is').default('ip-udp'),
  intPort: integer(1, 65_535).default(intHostint.INT_HOSTINT_DEFAULT_PORT),
  xdpMode: z.enum(['auto', 'native', 'generic'], 'must be auto, native or generic').default('auto'),
  // Below a few hundred entries the kernel's per-CPU free lists make an LRU map forget flows that it has room for.
  maxFlows: integer(512, 16_777_216).default(65_536),
});

export type SinkConfig = z.output<typeof sinkConfigSchema>;
