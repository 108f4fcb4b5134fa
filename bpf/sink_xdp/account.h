/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Finds the packet's flow and writes its record. */
#ifndef HOSTINT_SINK_ACCOUNT_H
#define HOSTINT_SINK_ACCOUNT_H

#include "lib/count.h"
#include "sink_xdp/maps.h"
#include "sink_xdp/packet.h"
#include "sink_xdp/report.h"

static __always_inline int is_allowed(const struct sink_config *settings, const struct flow_key *key)
{
	struct prefix_key prefix = { .prefix_bits = 128 };

	if (settings->allow_count == 0)
		return 1;
	__builtin_memcpy(prefix.address, key->source, sizeof(prefix.address));
	return bpf_map_lookup_elem(&allow, &prefix) != NULL;
}

/* Numbers are dealt out by turns over the CPUs, so that none is given twice. */
static __always_inline __u32 next_flow_id(const struct sink_config *settings)
{
	__u32 zero = 0, *dealt = bpf_map_lookup_elem(&flow_numbers, &zero);

	if (!dealt)
		return 0;
	*dealt += 1;
	return *dealt * settings->cpu_count + bpf_get_smp_processor_id();
}

static __always_inline struct sink_flow *create_flow(struct xdp_md *ctx, const struct sink_config *settings,
						     const struct int_packet *packet)
{
	struct sink_flow fresh = {
		.flow_id = next_flow_id(settings),
		.interface_index = ctx->ingress_ifindex,
		.source_node_id = packet->source_node_id,
	};

	/* BPF_NOEXIST would fail when two CPUs meet the flow at once; the later number wins instead. */
	if (bpf_map_update_elem(&flows, &packet->key, &fresh, BPF_ANY)) {
		count(&events, SINK_EVENT_FLOW_MAP_FULL, 1);
		return NULL;
	}
	count(&events, SINK_EVENT_FLOWS_CREATED, 1);
	announce_flow(ctx, &packet->key, &fresh);
	return bpf_map_lookup_elem(&flows, &packet->key);
}

/*
 * Several wire packets in one: generic XDP runs behind GRO and on superpackets
 * that a veth hands over whole.
 */
static __always_inline __u32 count_segments(const struct int_packet *packet)
{
	__u32 bytes = packet->stamp_segment_bytes;

	if (packet->stamp_segments == 0 || bytes == 0 || packet->payload_bytes <= bytes)
		return 1;
	return (packet->payload_bytes + bytes - 1) / bytes;
}

/* Adds the segment's place in its superpacket to the stamp's sequence; -1 where it has none. */
static __always_inline int place_segment(const struct int_packet *packet, struct record *record)
{
	__u32 offset = packet->tcp_sequence - packet->stamp_tcp_sequence;
	__u32 bytes = packet->stamp_segment_bytes;

	if (packet->stamp_segments == 0)
		return 0;
	record->flags |= RECORD_SUPERPACKET;
	if (packet->segments > 255 || packet->segments > packet->stamp_segments || bytes == 0)
		return -1;
	if (packet->key.protocol == IPPROTO_TCP) {
		if (offset % bytes || offset / bytes + packet->segments > packet->stamp_segments)
			return -1;
		record->sequence += offset / bytes;
		return 0;
	}
	/* UDP segments carry no order of their own: they share the stamp unless they came whole. */
	if (packet->segments == 1 && packet->stamp_segments <= 255) {
		record->flags |= RECORD_SHARED_STAMP;
		record->segments = packet->stamp_segments;
	}
	return 0;
}

static __always_inline void fill_record(const struct int_packet *packet, __u64 arrival_ns, __u32 flow_id,
					struct record *record)
{
	__u32 bytes = packet->inner_bytes;

	if (!inner_is_ip(packet))
		bytes += packet->ip_bytes;
	record->arrival_ns = arrival_ns;
	record->flow_id = flow_id;
	record->sequence = packet->sequence;
	record->epoch = packet->epoch;
	record->stream = packet->stream;
	record->bytes = bytes;
	record->segments = packet->segments > 255 ? 255 : packet->segments;
	if (packet->has_egress_time)
		record->latency_ns = arrival_ns - packet->egress_time_ns;
	else
		record->flags |= RECORD_NO_LATENCY;
	if (packet->domain_flags & INT_HOSTINT_FLAG_SAMPLED)
		record->flags |= RECORD_SAMPLED;
	if (packet->domain_flags & INT_HOSTINT_FLAG_CLOCK_UNSYNCHRONISED)
		record->flags |= RECORD_CLOCK_UNSYNCHRONISED;
	if ((packet->traffic_class & ECN_MASK) == ECN_CE)
		record->flags |= RECORD_CONGESTION;
	if (packet->hops > 1)
		record->flags |= RECORD_MULTI_HOP;
	if (!packet->has_sequence) {
		record->flags |= RECORD_NO_SEQUENCE;
	} else if (place_segment(packet, record)) {
		record->flags |= RECORD_NO_SEQUENCE;
		count(&events, SINK_EVENT_SUPERPACKET_MISMATCH, 1);
	}
}

/* Returns SINK_NOT_ALLOWED, or SINK_STRIPPED with the packet's record staged as far as there was room. */
static __always_inline enum sink_outcome account(struct xdp_md *ctx, const struct sink_config *settings,
						 const struct int_packet *packet, __u64 arrival_ns)
{
	struct sink_flow *flow = bpf_map_lookup_elem(&flows, &packet->key);
	struct record record = {};

	if (!flow) {
		if (!is_allowed(settings, &packet->key))
			return SINK_NOT_ALLOWED;
		flow = create_flow(ctx, settings, packet);
		if (!flow)
			return SINK_STRIPPED;
	} else if (flow->source_node_id != packet->source_node_id) {
		/* The source came back under another name: say so before its first record. */
		flow->source_node_id = packet->source_node_id;
		announce_flow(ctx, &packet->key, flow);
	}
	fill_record(packet, arrival_ns, flow->flow_id, &record);
	stage_record(ctx, &record);
	return SINK_STRIPPED;
}

#endif
