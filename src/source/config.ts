/** Options of `hostint source`: names are the flags' in camelCase, as the YAML file spells them. */
import { z } from 'zod';
import type { PortRangeStruct } from '../abi/layout.gen.ts';
import { intHostint } from '../abi/layout.gen.ts';
import { parseListen } from '../base/listen.ts';
import { contradiction, parsePortRanges, parseProtocols } from './selection.ts';

/** Several flags or, in a file, a list or one text. */
const texts = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? [String(value)] : value),
  z.array(z.coerce.string().min(1, 'is empty')),
);

/** A comma-separated list, read by a function that returns the cause where it cannot. */
function list<T>(read: (text: string) => T[] | string): z.ZodType<T[]> {
  return texts.transform((parts, context) => {
    const value = read(parts.join(','));
    if (typeof value !== 'string') return value;
    context.addIssue({ code: 'custom', message: value });
    return z.NEVER;
  });
}

function integer(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z.coerce.number(message).int(message).min(minimum, message).max(maximum, message);
}

const sample = z
  .string('must be 1/N')
  .regex(/^1\/[1-9]\d{0,6}$/, 'must be 1/N with N from 1 to 9999999: one packet of N is stamped')
  .transform((text) => Number(text.slice(2)));

const listen = z.string().transform((text, context) => {
  try {
    return parseListen(text);
  } catch (error) {
    context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    return z.NEVER;
  }
});

export const sourceConfigSchema = z
  .strictObject({
    iface: texts.refine((names) => names.length > 0, 'names no interface'),
    nodeId: integer(1, 0xffffffff),
    to: texts.refine((prefixes) => prefixes.length > 0, 'names no destination'),
    protocol: list(parseProtocols).default([]),
    port: list<PortRangeStruct>(parsePortRanges).default([]),
    encap: z.literal('ip-udp', 'must be ip-udp, the one encapsulation there is').default('ip-udp'),
    intPort: integer(1, 65535).default(intHostint.INT_HOSTINT_DEFAULT_PORT),
    sample: sample.default(1),
    // Below a few hundred entries the kernel's per-CPU free lists make an LRU map forget flows that it has room for.
    maxFlows: integer(512, 16_777_216).default(65_536),
    listen: listen.optional(),
  })
  .superRefine((options, context) => {
    const duplicate = options.iface.find((name, index) => options.iface.indexOf(name) !== index);
    if (duplicate !== undefined)
      context.addIssue({ code: 'custom', path: ['iface'], message: `names ${duplicate} twice` });
    const cause = contradiction(options.protocol, options.port);
    if (cause !== undefined) context.addIssue({ code: 'custom', path: ['port'], message: `selects nothing: ${cause}` });
  });

export type SourceConfig = z.output<typeof sourceConfigSchema>;
