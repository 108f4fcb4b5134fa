/** Options of `hostint sink`: names are the flags' in camelCase, as the YAML file spells them. */
import { z } from 'zod';
import { parsePrefix } from '../base/address.ts';
import { parseListen } from '../base/listen.ts';
import { commonShape, listenSchema, parsed, textsSchema } from '../base/option-schemas.ts';

function prefixOf(text: string) {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`"${text}" is no address or prefix, as in 10.0.0.0/24 or 2001:db8::/32`);
  return prefix;
}

export const sinkConfigSchema = z.strictObject({
  ...commonShape,
  listen: listenSchema.default(parseListen('127.0.0.1:9040')),
  allow: textsSchema
    .default([])
    .transform((prefixes, context) => prefixes.map((text) => parsed(text, context, prefixOf))),
  xdpMode: z.enum(['auto', 'native', 'generic'], 'must be auto, native or generic').default('auto'),
});

export type SinkConfig = z.output<typeof sinkConfigSchema>;
