/** Options of `hostint source`: names are the flags' in camelCase, as the YAML file spells them. */
import { z } from 'zod';
import type { PortRangeStruct } from '../abi/layout.gen.ts';
import { commonShape, listenSchema, parsed, textsSchema } from '../base/option-schemas.ts';
import { contradiction, parsePortRanges, parseProtocols } from './selection.ts';

/** A comma-separated list, or in a file a YAML one. */
function list<T>(read: (text: string) => T[]): z.ZodType<T[]> {
  return textsSchema.transform((parts, context) => parsed(parts.join(','), context, read));
}

const sample = z
  .string('must be 1/N')
  .regex(/^1\/[1-9]\d{0,6}$/, 'must be 1/N with N from 1 to 9999999: one packet of N is stamped')
  .transform((text) => Number(text.slice(2)));

export const sourceConfigSchema = z
  .strictObject({
    ...commonShape,
    to: textsSchema.refine((prefixes) => prefixes.length > 0, 'names no destination'),
    protocol: list(parseProtocols).default([]),
    port: list<PortRangeStruct>(parsePortRanges).default([]),
    sample: sample.default(1),
    listen: listenSchema.optional(),
  })
  .superRefine((options, context) => {
    const cause = contradiction(options.protocol, options.port);
    if (cause !== undefined) context.addIssue({ code: 'custom', path: ['port'], message: `selects nothing: ${cause}` });
  });

export type SourceConfig = z.output<typeof sourceConfigSchema>;
