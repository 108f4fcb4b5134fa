/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Selection, and the flow's state on this CPU. */
#ifndef HOSTINT_SOURCE_FLOW_H
#define HOSTINT_SOURCE_FLOW_H

#include "abi/wire.h"
#include "lib/count.h"
#include "source_tc/maps.h"
#include "source_tc/packet.h"

static __always_inline int protocol_selected(const struct source_config *settings, __u8 protocol)
{
	__u32 any = 0;

#pragma unroll
	for (int i = 0; i < PROTOCOL_WORDS; i++)
		any |= settings->protocols[i];
	return !any || settings->protocols[protocol >> 5] >> (protocol & 31) & 1;
}

/* Either end's port: the replies of a server on port 443 leave from it. */
static __always_inline int port_selected(const struct source_config *settings, const struct flow_key *key)
{
	__u16 from = bpf_ntohs(key->source_port), to = bpf_ntohs(key->destination_port);

	if (!settings->port_range_count)
		return 1;
	if (key->protocol != IPPROTO_TCP && key->protocol != IPPROTO_UDP)
		return 0;
	for (int i = 0; i < PORT_RANGES_MAX && i < settings->port_range_count; i++) {
		const struct port_range *range = &settings->port_ranges[i];

		if ((from >= range->first && from <= range->last) || (to >= range->first && to <= range->last))
			return 1;
	}
	return 0;
}

static __always_inline int destination_selected(const struct flow_key *key)
{
	struct prefix_key prefix = { .prefix_bits = 128 };
	struct prefix_value *value;

	__builtin_memcpy(prefix.address, key->destination, sizeof(prefix.address));
	value = bpf_map_lookup_elem(&selection, &prefix);
	return value && value->selected;
}

static __always_inline int selected(const struct source_config *settings, const struct flow_key *key)
{
	return protocol_selected(settings, key->protocol) && port_selected(settings, key) && destination_selected(key);
}

/*
 * A number that no stream of this source had for the last 65,536 / CPUs
 * streams: a flow that fell out of the map starts again at sequence 0, which
 * must not look like the old stream running backwards.
 */
static __always_inline __u16 next_stream(const struct source_config *settings)
{
	__u32 zero = 0, *dealt = bpf_map_lookup_elem(&stream_numbers, &zero);

	if (!dealt)
		return 0;
	*dealt += 1;
	return *dealt * settings->cpu_count + bpf_get_smp_processor_id();
}

/* Spreads flows over equal-cost paths and receive queues, and stays the same for one flow (RFC 8085 section 5.1.1). */
static __always_inline __u16 entropy_port(const struct flow_key *key)
{
	const __u32 *words = (const void *)key;
	__u32 hash = 0x9e3779b9;

#pragma unroll
	for (int i = 0; i < (int)(sizeof(*key) / sizeof(*words)); i++) {
		hash ^= words[i];
		hash *= 0x85ebca6b;
		hash ^= hash >> 15;
	}
	return INT_HOSTINT_SOURCE_PORT_BASE + hash % INT_HOSTINT_SOURCE_PORT_COUNT;
}

static __always_inline void start_stream(const struct source_config *settings, const struct flow_key *key,
					 struct source_flow *flow)
{
	flow->generation = settings->generation;
	flow->sequence = 0;
	flow->stream = next_stream(settings);
	flow->entropy_port = entropy_port(key);
}

/* NULL with the reason in *outcome when the packet is not to be stamped. */
static __always_inline struct source_flow *find_flow(const struct source_config *settings, const struct flow_key *key,
						     enum source_outcome *outcome)
{
	struct source_flow *flow = bpf_map_lookup_elem(&flows, key);

	if (flow && flow->generation == settings->generation)
		return flow;
	*outcome = SOURCE_NOT_SELECTED;
	if (!selected(settings, key))
		return NULL;
	*outcome = SOURCE_FLOW_MAP_FULL;
	if (!flow) {
		struct source_flow fresh = {};

		if (bpf_map_update_elem(&flows, key, &fresh, BPF_NOEXIST) == 0)
			count(&events, SOURCE_EVENT_FLOWS_CREATED, 1);
		flow = bpf_map_lookup_elem(&flows, key);
		if (!flow)
			return NULL;
	}
	if (!flow->generation)
		start_stream(settings, key, flow);
	flow->generation = settings->generation;
	return flow;
}

#endif
