/** Options that both commands have, and the shapes that options come in; names of options are the schemas'. */
import { z } from 'zod';
import { intHostint } from '../abi/layout.gen.ts';
import { describe } from './errors.ts';
import { parseListen } from './listen.ts';

/** All ones means "not available" on the wire. */
const NODE_ID_MAX = 0xffff_fffe;

/** Several flags or, in a file, a list or one text. */
export const textsSchema = z.preprocess(
  (value) => (typeof value === 'string' || typeof value === 'number' ? [String(value)] : value),
  z.array(z.coerce.string().min(1, 'is empty'), 'must be a text or a list of texts'),
);

export function integerSchema(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z.coerce.number(message).int(message).min(minimum, message).max(maximum, message);
}

/** A value that a function reads; what it throws is the refusal. */
export function parsed<Input, Value>(input: Input, context: z.RefinementCtx, parse: (input: Input) => Value): Value {
  try {
    return parse(input);
  } catch (error) {
    context.addIssue({ code: 'custom', message: describe(error) });
    return z.NEVER;
  }
}

export const listenSchema = z
  .string('must be host:port or unix:/path')
  .transform((text, context) => parsed(text, context, parseListen));

export const commonShape = {
  iface: textsSchema
    .refine((names) => names.length > 0, 'names no interface')
    .superRefine((names, context) => {
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined) context.addIssue({ code: 'custom', message: `names ${twice} twice` });
    }),
  nodeId: integerSchema(1, NODE_ID_MAX),
  encap: z.literal('ip-udp', 'must be ip-udp, the one encapsulation there is').default('ip-udp'),
  intPort: integerSchema(1, 65_535).default(intHostint.INT_HOSTINT_DEFAULT_PORT),
  // Below a few hundred entries the kernel's per-CPU free lists make an LRU map forget flows that it has room for.
  maxFlows: integerSchema(512, 16_777_216).default(65_536),
};
