// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TC egress: stamps the packets of selected flows. Whatever cannot be stamped
 * goes out byte-identical, and the reason is counted. TC_ACT_UNSPEC lets other
 * programs on the hook (TCX: TCX_NEXT, the same -1) have their turn.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi/records.h"
#include "lib/count.h"
#include "source_tc/classify.h"
#include "source_tc/flow.h"
#include "source_tc/maps.h"
#include "source_tc/packet.h"
#include "source_tc/stamp.h"

static __always_inline __u32 wire_packets(const struct __sk_buff *skb)
{
	return skb->gso_segs > 1 ? skb->gso_segs : 1;
}

/* One packet of `sample`, by the flow's own count, so that a flow's first packet is among them. */
static __always_inline int sampled(const struct source_config *settings, const struct source_flow *flow)
{
	return settings->sample <= 1 || flow->sequence % settings->sample == 0;
}

static __always_inline enum source_outcome stamp_packet(struct __sk_buff *skb, const struct source_config *settings,
							struct ip_packet *packet, struct source_flow *flow, int *action)
{
	struct stamp_plan plan = {};
	enum source_outcome outcome;

	if (!sampled(settings, flow))
		return SOURCE_NOT_SAMPLED;
	outcome = plan_stamp(skb, packet, &plan);
	if (outcome)
		return outcome;
	if (bpf_skb_adjust_room(skb, plan.added_bytes, BPF_ADJ_ROOM_MAC, plan.flags))
		return SOURCE_HELPER_FAILED;
	if (write_headers(skb, packet, settings, flow, plan.added_bytes)) {
		/* Cannot be (see there), but a packet with blank headers in front must not go out. */
		*action = TC_ACT_SHOT;
		return SOURCE_HELPER_FAILED;
	}
	return SOURCE_STAMPED;
}

static __always_inline void account(const struct source_config *settings, struct source_flow *flow,
				    const struct ip_packet *packet, enum source_outcome outcome)
{
	flow->packets += packet->segments;
	flow->bytes += packet->ip_bytes;
	flow->last_seen_ns = bpf_ktime_get_coarse_ns();
	if (outcome == SOURCE_STAMPED)
		flow->stamped += packet->segments;
	else if (outcome - SOURCE_FLOW_OUTCOME_FIRST < SOURCE_FLOW_OUTCOME_COUNT)
		flow->skipped[outcome - SOURCE_FLOW_OUTCOME_FIRST] += packet->segments;
	/* An unstamped packet takes no number, or it would look lost; in a sampled flow gaps mean nothing. */
	if (outcome == SOURCE_STAMPED)
		flow->sequence += packet->segments;
	else if (settings->sample > 1)
		flow->sequence += 1;
}

SEC("tc")
int source_tc(struct __sk_buff *skb)
{
	__u32 zero = 0;
	struct source_config *settings = bpf_map_lookup_elem(&config, &zero);
	struct ip_packet packet = { .segments = wire_packets(skb) };
	struct source_flow *flow = NULL;
	enum source_outcome outcome;
	int action = TC_ACT_UNSPEC;

	if (!settings)
		return TC_ACT_UNSPEC;
	outcome = classify(skb, &packet, settings->int_port);
	if (!outcome)
		flow = find_flow(settings, &packet.key, &outcome);
	if (flow) {
		/* After selection, so that the count is of packets somebody wanted. */
		outcome = SOURCE_LOW_TTL;
		if (packet.ttl >= settings->minimum_ttl) {
			outcome = stamp_packet(skb, settings, &packet, flow, &action);
			account(settings, flow, &packet, outcome);
		}
	}
	count(&outcomes, outcome, packet.segments);
	return action;
}

char _license[] SEC("license") = "Dual BSD/GPL";
