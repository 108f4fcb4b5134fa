/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes between the kernel and user space: perf records, map keys and values,
 * configuration, and the reasons counted. Members are naturally aligned with
 * explicit padding; the TypeScript readers are generated from this file's BTF,
 * where the type's name (__be16 or __u16) tells the byte order.
 */
#ifndef HOSTINT_ABI_RECORDS_H
#define HOSTINT_ABI_RECORDS_H

#include <linux/types.h>

#ifdef __cplusplus
#define HOSTINT_ASSERT_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), #type)
#else
#define HOSTINT_ASSERT_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type)
#endif

enum abi_limit {
	ABI_VERSION = 1,
	/* 32 records a perf event: the cost of an event is shared so far that a
	 * record costs about 21 ns, and a batch still fits a page. */
	BATCH_RECORDS = 32,
	PORT_RANGES_MAX = 16,
	PROTOCOL_WORDS = 256 / 32,
};

/*
 * A flow's 5-tuple. IPv4 addresses stand as ::ffff:a.b.c.d (RFC 4291 section
 * 2.5.5.2), so one map serves both families. Ports are 0 where the protocol has none.
 */
struct flow_key {
	__u8 source[16];
	__u8 destination[16];
	__be16 source_port;
	__be16 destination_port;
	__u8 protocol;
	__u8 pad[3];
};
HOSTINT_ASSERT_SIZE(struct flow_key, 40);

/* Key of the longest-prefix match over destinations; prefix_bits counts in the mapped 128. */
struct prefix_key {
	__u32 prefix_bits;
	__u8 address[16];
};
HOSTINT_ASSERT_SIZE(struct prefix_key, 20);

struct prefix_value {
	__u32 selected;
};

struct port_range {
	__u16 first;
	__u16 last;
};

/*
 * What became of a packet at the source. Everything but STAMPED leaves the
 * packet byte-identical. Counted in wire packets: a superpacket's segments each count.
 */
enum source_outcome {
	SOURCE_STAMPED,
	SOURCE_NOT_IP, /* ARP and other link protocols */
	SOURCE_TAGGED, /* a VLAN tag inside the frame */
	SOURCE_TRUNCATED, /* headers shorter than they claim */
	SOURCE_FRAGMENT, /* an IP fragment */
	SOURCE_IP_OPTIONS, /* IPv4 options or IPv6 extension headers, which routers act on */
	SOURCE_NOT_UNICAST, /* multicast or broadcast: no single sink */
	SOURCE_NEIGHBOUR_DISCOVERY, /* the link must work before telemetry can */
	SOURCE_ALREADY_STAMPED, /* INT from elsewhere, passing through */
	SOURCE_NOT_SELECTED, /* no --to, --protocol or --port matches */
	SOURCE_LOW_TTL, /* traceroute and link-local protocols */
	SOURCE_FLOW_MAP_FULL,
	/* From here on the flow is known, and counts its own as well. */
	SOURCE_NOT_SAMPLED, /* --sample left it out */
	SOURCE_NO_ROOM, /* would not fit the device's MTU */
	SOURCE_TOO_BIG, /* a superpacket beyond what IP's length field holds */
	SOURCE_SEGMENTS_UNSUPPORTED, /* segmentation that the kernel cannot nest in a tunnel */
	SOURCE_HELPER_FAILED, /* the kernel refused to make room: a packet already in a tunnel, for one */
	SOURCE_OUTCOME_COUNT,
};

enum source_flow_outcome {
	SOURCE_FLOW_OUTCOME_FIRST = SOURCE_NOT_SAMPLED,
	SOURCE_FLOW_OUTCOME_COUNT = SOURCE_OUTCOME_COUNT - SOURCE_FLOW_OUTCOME_FIRST,
};

struct source_config {
	__u32 node_id;
	__u16 int_port;
	__u16 epoch; /* changes at every start, so that a restart is not read as loss */
	__u32 generation; /* changes with the selection: cached decisions are void then */
	__u32 sample; /* stamp one packet of this many; 1 is all */
	__s64 clock_offset_ns; /* added to the kernel's TAI clock */
	__u16 domain_flags;
	__u16 port_range_count; /* 0: every port */
	__u16 minimum_ttl; /* packets with less are left alone: traceroute sends those */
	__u16 cpu_count; /* CPUs number their streams by turns */
	__u32 protocols[PROTOCOL_WORDS]; /* bit set over the 256 IP protocols; all zero: every one */
	struct port_range port_ranges[PORT_RANGES_MAX];
};
HOSTINT_ASSERT_SIZE(struct source_config, 128);

/* Source, one a flow and CPU: each CPU numbers its packets in a stream of its own. */
struct source_flow {
	__u32 generation; /* 0: this CPU has not met the flow yet */
	__u32 sequence; /* of the next packet */
	__u16 stream;
	__u16 entropy_port; /* outer UDP source port */
	__u32 pad;
	__u64 packets; /* as the wire will see them: a superpacket's segments each count */
	__u64 bytes; /* of IP packets, without telemetry */
	__u64 stamped;
	__u64 last_seen_ns; /* monotonic clock, a few ms coarse */
	__u64 skipped[SOURCE_FLOW_OUTCOME_COUNT]; /* by source_outcome - SOURCE_FLOW_OUTCOME_FIRST */
};
HOSTINT_ASSERT_SIZE(struct source_flow, 48 + 5 * 8);

struct sink_config {
	__u32 node_id;
	__u16 int_port;
	__u16 cpu_count; /* CPUs number their flows by turns */
	__s64 clock_offset_ns;
	__u32 allow_count; /* 0: strip whatever the source address */
	__u32 pad2;
};
HOSTINT_ASSERT_SIZE(struct sink_config, 24);

/* Sink: what the program keeps of a flow. */
struct sink_flow {
	__u32 flow_id;
	__u32 interface_index;
	__u32 source_node_id;
	__u32 pad;
};
HOSTINT_ASSERT_SIZE(struct sink_flow, 16);

enum sample_kind {
	SAMPLE_KIND_BATCH = 1,
	SAMPLE_KIND_FLOW = 2,
};

/* Every perf sample begins with this. */
struct sample_header {
	__u16 version; /* ABI_VERSION */
	__u16 kind; /* enum sample_kind */
	__u32 size; /* bytes of the sample; perf may append up to 7 more */
};
HOSTINT_ASSERT_SIZE(struct sample_header, 8);

/* Sent when the sink meets a flow for the first time, before its first record. */
struct flow_sample {
	struct sample_header header;
	struct flow_key key;
	__u32 flow_id;
	__u32 source_node_id;
	__u32 interface_index;
	__u32 pad;
};
HOSTINT_ASSERT_SIZE(struct flow_sample, 64);

/* One stamped packet that arrived. */
struct record {
	__u64 arrival_ns; /* sink's TAI clock */
	__s64 latency_ns; /* arrival minus the source's egress time; signed: clocks may disagree */
	__u32 flow_id;
	__u32 sequence;
	__u16 epoch;
	__u16 stream;
	__u16 bytes; /* the packet without telemetry, from its IP header */
	__u8 flags; /* enum record_flag */
	__u8 segments; /* wire packets this record stands for; with SHARED_STAMP: wire packets that share the sequence */
};
HOSTINT_ASSERT_SIZE(struct record, 32);

enum record_flag {
	RECORD_SAMPLED = 0x01, /* gaps in the sequence mean nothing */
	RECORD_CONGESTION = 0x02, /* the network marked it CE */
	RECORD_CLOCK_UNSYNCHRONISED = 0x04, /* the source says so of its clock */
	RECORD_SUPERPACKET = 0x08, /* a segment of one */
	RECORD_NO_SEQUENCE = 0x10, /* another INT source: sequence, epoch and stream are void */
	RECORD_NO_LATENCY = 0x20, /* no source timestamp: latency_ns is void */
	RECORD_SHARED_STAMP = 0x40, /* UDP segmentation: `segments` packets carry this same sequence */
	RECORD_MULTI_HOP = 0x80, /* the stack held more than the source's hop */
};

/* A perf sample: records staged on one CPU. */
struct batch {
	struct sample_header header;
	__u32 count;
	__u32 cpu;
	__u64 first_record; /* number of records[0] among all of this CPU, lost ones included */
	struct record records[BATCH_RECORDS];
};
HOSTINT_ASSERT_SIZE(struct batch, 24 + 32 * 32);

/*
 * Staging, one a CPU. The XDP program appends to batches[active]; the flush
 * program (process context, the same CPU) first flips `active` and then sends
 * the other one. XDP may interrupt the flush anywhere but never the other way
 * round, and only the flush flips, so no record is sent twice or lost.
 */
struct staging {
	__u32 active;
	__u32 unreported; /* 1: records were lost since the last sample that got through */
	__u64 produced; /* records staged so far; numbers the batches */
	struct batch batches[2];
};
HOSTINT_ASSERT_SIZE(struct staging, 16 + 2 * (24 + 32 * 32));

/*
 * What became of a packet at the sink. STRIPPED went up without its telemetry;
 * DISCARDED was dropped because its D bit asks for it; every other one went
 * up unchanged.
 */
enum sink_outcome {
	SINK_STRIPPED,
	SINK_NOT_INT, /* ordinary traffic */
	SINK_DISCARDED, /* D bit: a probe */
	SINK_TRUNCATED, /* a length field claims more than the packet holds */
	SINK_OUTER_OPTIONS, /* outer IP header with options or extension headers */
	SINK_OUTER_FRAGMENT,
	SINK_OUTER_CHECKSUM, /* outer IPv4 header damaged */
	SINK_OUTER_LENGTH, /* outer IP and UDP lengths disagree */
	SINK_SHIM_TYPE, /* not INT-MD */
	SINK_SHIM_NEXT, /* NPT other than 2 */
	SINK_MD_VERSION, /* not INT 2 */
	SINK_STACK_LENGTH, /* the stack is no whole number of hops, or none */
	SINK_STACK_HOPS, /* more than eight hops */
	SINK_INSTRUCTIONS, /* metadata of unknown size, or hop words that contradict the bitmap */
	SINK_INNER_MALFORMED, /* inner header version or length wrong */
	SINK_ADDRESS_MISMATCH, /* inner and outer addresses differ */
	SINK_NESTED, /* the inner packet is INT again */
	SINK_NOT_ALLOWED, /* source address outside --allow */
	SINK_HELPER_FAILED, /* the kernel refused to move the packet's start */
	SINK_OUTCOME_COUNT,
};

/* Side counts, which are no packet's fate. */
enum sink_event {
	SINK_EVENT_RECORDS, /* records that left their staging, lost ones included */
	SINK_EVENT_RECORDS_LOST, /* records that the perf ring had no room for */
	SINK_EVENT_FLOWS_CREATED,
	SINK_EVENT_FLOW_SAMPLES_LOST, /* flow samples that the perf ring had no room for */
	SINK_EVENT_FLOW_MAP_FULL, /* stripped, but without a record */
	SINK_EVENT_SUPERPACKET_MISMATCH, /* segment does not fit its stamp: record without sequence */
	SINK_EVENT_COUNT,
};

enum source_event {
	SOURCE_EVENT_FLOWS_CREATED,
	SOURCE_EVENT_COUNT,
};

#endif
