/**
 * What the sink tells the outside: schemas of the HTTP API and of the live feed, with their types.
 * The page imports this file, so it imports nothing but zod.
 *
 * Times since the epoch that need nanoseconds are decimal strings (JSON numbers end at 2^53);
 * durations are numbers in nanoseconds; `…Ms` are Unix milliseconds.
 */
import { z } from 'zod';

export const latencySchema = z.object({
  min: z.number(),
  mean: z.number(),
  p50: z.number(),
  p90: z.number(),
  p99: z.number(),
  p999: z.number(),
  max: z.number(),
});
/** Signed one-way latency, nanoseconds: min, mean and max exact, percentiles within 1 %. */
export type Latency = z.infer<typeof latencySchema>;

/** What both a whole flow and one of its windows count. */
const measuresShape = {
  /** Unique stamped packets that arrived; a superpacket's segments each count. */
  packets: z.number().int(),
  /** IP bytes of those packets, without telemetry. */
  bytes: z.number().int(),
  /** Sequence numbers never seen. */
  lost: z.number().int(),
  reordered: z.number().int(),
  duplicates: z.number().int(),
  /** null: no packet carried a usable timestamp. */
  latencyNs: latencySchema.nullable(),
  /** RFC 3550 section 6.4.1 interarrival jitter at the end of the span; null before the second packet. */
  jitterNs: z.number().nullable(),
  /** Samples with negative latency: the two clocks disagree. */
  negative: z.number().int(),
};

export const measuresSchema = z.object(measuresShape);
export type Measures = z.infer<typeof measuresSchema>;

/** One full second of the sink's clock. */
export const windowSchema = z.object({ startMs: z.number(), ...measuresShape });
export type Window = z.infer<typeof windowSchema>;

export const flowSchema = z.object({
  id: z.string(),
  source: z.string(),
  destination: z.string(),
  sourcePort: z.number().int(),
  destinationPort: z.number().int(),
  /** "tcp", "udp", … or the number as text. */
  protocol: z.string(),
  sourceNodeId: z.number().int(),
  interface: z.string(),
  ...measuresShape,
  /** Nanoseconds since the Unix epoch, as text. */
  firstSeen: z.string(),
  lastSeen: z.string(),
  /** The last full second; null before the first one ended. */
  window: windowSchema.nullable(),
});
export type Flow = z.infer<typeof flowSchema>;

export const flowSortSchema = z.enum([
  'packets',
  'bytes',
  'lost',
  'reordered',
  'duplicates',
  'p50',
  'p99',
  'max',
  'jitter',
  'rate',
  'lastSeen',
]);
export type FlowSort = z.infer<typeof flowSortSchema>;

export const flowsQuerySchema = z.object({
  sort: flowSortSchema.default('packets'),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
  /** Case-insensitive text looked for in addresses, ports, protocol, node and interface. */
  filter: z.string().max(200).default(''),
});

export const flowsSchema = z.object({
  /** Flows known and flows that match the filter, whatever the limit. */
  known: z.number().int(),
  matching: z.number().int(),
  flows: z.array(flowSchema),
});

export const histogramSchema = z.object({ lowerNs: z.array(z.number()), count: z.array(z.number().int()) });

export const flowDetailSchema = flowSchema.extend({
  histogram: histogramSchema,
  windows: z.array(windowSchema),
});
export type FlowDetail = z.infer<typeof flowDetailSchema>;

export const telemetrySchema = z.object({
  /** Records that reached the statistics. */
  records: z.number().int(),
  /** Records that the sink produced and that never did: lost telemetry, not lost packets. */
  lost: z.number().int(),
});
export type Telemetry = z.infer<typeof telemetrySchema>;

export const interfaceSchema = z.object({ name: z.string(), mode: z.enum(['native', 'generic']) });

export const peerSchema = z.object({
  nodeId: z.number().int(),
  packets: z.number().int(),
  lost: z.number().int(),
  lastSeen: z.string(),
  /** true: more than one source goes by this node id, so its figures are a mixture. */
  shared: z.boolean(),
});

export const statusSchema = z.object({
  version: z.string(),
  nodeId: z.number().int(),
  uptimeSeconds: z.number(),
  interfaces: z.array(interfaceSchema),
  encap: z.string(),
  intPort: z.number().int(),
  counters: z.record(z.string(), z.number().int()),
  telemetry: telemetrySchema,
  peers: z.array(peerSchema),
  /** What the service counts of itself: numbers that lost telemetry left unknown, flows evicted, damaged samples, … */
  service: z.record(z.string(), z.number().int()).optional(),
});
export type Status = z.infer<typeof statusSchema>;

export const healthSchema = z.object({ status: z.enum(['ok', 'failing']), reason: z.string().optional() });
export const errorSchema = z.object({ error: z.string() });

/** Client → server on /api/v1/live: which flow's windows to send besides the total; null: none. */
export const subscribeSchema = z.object({ type: z.literal('subscribe'), flow: z.string().max(40).nullable() });
export type Subscribe = z.infer<typeof subscribeSchema>;

/** The span of one flow (or of all traffic) that a chart begins with. */
export const seriesSchema = z.object({ flow: z.string().nullable(), windows: z.array(windowSchema) });
export type Series = z.infer<typeof seriesSchema>;

/**
 * Server → client. `hello` opens the feed; `series` replaces what a chart shows (after hello for all
 * traffic, after subscribe for the flow); `window` follows each full second; a client that reads too
 * slowly skips windows and is told how many in `skipped`.
 */
export const liveMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), version: z.literal(1), status: statusSchema }),
  z.object({ type: z.literal('series'), series: seriesSchema }),
  z.object({
    type: z.literal('window'),
    /** Unix milliseconds of the sink at sending: tells a page how old its news is. */
    sentMs: z.number(),
    skipped: z.number().int(),
    /** Why packets are no longer stripped, as /healthz says; null while all is well. */
    failure: z.string().nullable(),
    telemetry: telemetrySchema,
    counters: z.record(z.string(), z.number().int()),
    total: windowSchema,
    selected: z.object({ flow: z.string(), window: windowSchema.nullable() }).nullable(),
    /** The most active flows; `known` says how many there are. */
    known: z.number().int(),
    flows: z.array(flowSchema),
  }),
]);
export type LiveMessage = z.infer<typeof liveMessageSchema>;
