/** Schemas of the source's HTTP API, which is there only with --listen. */
import { z } from 'zod';

export const sourceInterfaceSchema = z.object({ name: z.string(), mode: z.enum(['tcx', 'clsact']) });

export const sourceStatusSchema = z.object({
  version: z.string(),
  nodeId: z.number().int(),
  uptimeSeconds: z.number(),
  interfaces: z.array(sourceInterfaceSchema),
  encap: z.string(),
  intPort: z.number().int(),
  /** Wire packets by what became of them; everything but "stamped" left byte-identical. */
  counters: z.record(z.string(), z.number().int()),
  /** Flows met and flows that an overfull map had to forget. */
  flows: z.object({ created: z.number().int(), present: z.number().int(), evicted: z.number().int() }),
  /** Destinations selected, host names resolved. */
  destinations: z.array(z.string()),
  /** Hosts that selected packets went to. */
  peers: z.array(z.object({ address: z.string(), packets: z.number().int(), stamped: z.number().int() })),
});
export type SourceStatus = z.infer<typeof sourceStatusSchema>;

export const sourceFlowSchema = z.object({
  source: z.string(),
  destination: z.string(),
  sourcePort: z.number().int(),
  destinationPort: z.number().int(),
  protocol: z.string(),
  /** Wire packets (a superpacket's segments each count) and IP bytes, stamped or not. */
  packets: z.number().int(),
  bytes: z.number().int(),
  stamped: z.number().int(),
  skipped: z.record(z.string(), z.number().int()),
});
export type SourceFlow = z.infer<typeof sourceFlowSchema>;

export const sourceFlowsSchema = z.object({ flows: z.array(sourceFlowSchema) });
