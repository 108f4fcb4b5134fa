/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Makes room in front of the packet and writes outer IP, UDP and INT there. */
#ifndef HOSTINT_SOURCE_STAMP_H
#define HOSTINT_SOURCE_STAMP_H

#include <bpf/bpf_core_read.h>

#include "abi/wire.h"
#include "lib/csum.h"
#include "lib/parse.h"
#include "source_tc/packet.h"

/* Telemetry as it stands behind the outer UDP header; packed, for it starts anywhere. */
struct stamp {
	struct udphdr udp;
	struct int_shim shim;
	struct int_md md;
	struct int_hop hop;
	struct int_sequence sequence;
} __attribute__((packed));

enum {
	STAMP_BYTES = sizeof(struct stamp),
	SUPERPACKET_BYTES = sizeof(struct int_superpacket),
	IP_BYTES_MAX = 65535, /* what the length fields of IP and UDP hold */
	/* A superpacket's segments must still carry something after giving room to the stamp. */
	SEGMENT_BYTES_MIN = 64,
};

struct stamp_plan {
	__u32 added_bytes;
	__u64 flags; /* of bpf_skb_adjust_room */
};

/* The one field of the kernel's own structure that __sk_buff does not show; its place comes from the kernel's BTF. */
struct sk_buff {
	__u8 ip_summed : 2;
} __attribute__((preserve_access_index));

enum { KERNEL_CHECKSUM_PARTIAL = 3 };

/*
 * Since 6.11 a device without checksum offload gets UDP superpackets whose checksums are complete. Those remember
 * where their transport header stands, making room does not move that mark, and the segmentation behind us would
 * then drop the packet.
 */
static __always_inline int survives_segmentation(struct __sk_buff *skb)
{
	struct sk_buff *kernel_skb = (void *)skb;

	return BPF_CORE_READ_BITFIELD_PROBED(kernel_skb, ip_summed) == KERNEL_CHECKSUM_PARTIAL;
}

/*
 * TCP: the kernel lowers gso_size by what is added, so the segments still fit
 * and there may be more of them; gso_segs does not know yet. UDP: the size of
 * the datagrams is the sender's, so they must fit as they are.
 */
static __always_inline enum source_outcome plan_superpacket(struct __sk_buff *skb, struct ip_packet *packet,
							    struct stamp_plan *plan, __u32 mtu)
{
	__u32 size = skb->gso_size;

	plan->added_bytes += SUPERPACKET_BYTES;
	if (packet->key.protocol == IPPROTO_TCP) {
		if (size < plan->added_bytes + SEGMENT_BYTES_MIN)
			return SOURCE_NO_ROOM;
		packet->segment_bytes = size - plan->added_bytes;
	} else if (packet->key.protocol == IPPROTO_UDP) {
		/* Forwarded datagrams may be chained (fraglist GRO), which does not survive a tunnel header. */
		if (skb->ingress_ifindex || !survives_segmentation(skb))
			return SOURCE_SEGMENTS_UNSUPPORTED;
		if (packet->header_bytes + size + plan->added_bytes > mtu)
			return SOURCE_NO_ROOM;
		packet->segment_bytes = size;
		/* Without it the kernel answers -ENOTSUPP: it will not resize datagrams. */
		plan->flags |= BPF_F_ADJ_ROOM_FIXED_GSO;
	} else {
		return SOURCE_SEGMENTS_UNSUPPORTED;
	}
	packet->segments = (packet->payload_bytes + packet->segment_bytes - 1) / packet->segment_bytes;
	if (packet->segments == 0 || packet->segments > 0xffff)
		return SOURCE_SEGMENTS_UNSUPPORTED;
	return SOURCE_STAMPED;
}

static __always_inline enum source_outcome plan_stamp(struct __sk_buff *skb, struct ip_packet *packet,
						      struct stamp_plan *plan)
{
	enum source_outcome outcome = SOURCE_STAMPED;
	__u32 mtu = 0;

	plan->flags = BPF_F_ADJ_ROOM_ENCAP_L4_UDP;
	plan->flags |= packet->is_ipv6 ? BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 : BPF_F_ADJ_ROOM_ENCAP_L3_IPV4;
	plan->added_bytes = STAMP_BYTES + (packet->is_ipv6 ? IPV6_HEADER_BYTES : IPV4_HEADER_BYTES);
	/* Asked for the number alone: since 5.12 adjust_room itself lets a packet outgrow the device. */
	if (bpf_check_mtu(skb, 0, &mtu, 0, 0) < 0)
		return SOURCE_HELPER_FAILED;
	if (skb->gso_size)
		outcome = plan_superpacket(skb, packet, plan, mtu);
	else if (packet->ip_bytes + plan->added_bytes > mtu)
		outcome = SOURCE_NO_ROOM;
	if (!outcome && packet->ip_bytes + plan->added_bytes > IP_BYTES_MAX)
		outcome = SOURCE_TOO_BIG;
	return outcome;
}

static __always_inline void write_outer_ipv4(struct iphdr *outer, const struct iphdr *inner, __u32 total_bytes)
{
	*outer = *inner;
	outer->protocol = IPPROTO_UDP;
	outer->tot_len = bpf_htons(total_bytes);
	outer->check = 0;
	outer->check = (__u16)~ipv4_sum(outer);
}

static __always_inline void write_outer_ipv6(struct ipv6hdr *outer, const struct ipv6hdr *inner, __u32 total_bytes)
{
	*outer = *inner;
	outer->nexthdr = IPPROTO_UDP;
	outer->payload_len = bpf_htons(total_bytes - IPV6_HEADER_BYTES);
}

static __always_inline void write_stamp(struct stamp *stamp, const struct __sk_buff *skb,
					const struct ip_packet *packet, const struct source_config *settings,
					const struct source_flow *flow, __u32 udp_bytes)
{
	__u32 int_words = (udp_bytes - packet->ip_bytes - UDP_HEADER_BYTES - sizeof(struct int_shim)) / 4;
	__u16 domain_instructions = INT_HOSTINT_DOMAIN_SEQUENCE | INT_HOSTINT_DOMAIN_STREAM;
	__u64 now_ns = bpf_ktime_get_tai_ns() + settings->clock_offset_ns;
	__u16 flags = settings->domain_flags;

	if (packet->segment_bytes)
		domain_instructions |= INT_HOSTINT_DOMAIN_SUPERPACKET;
	if (settings->sample > 1)
		flags |= INT_HOSTINT_FLAG_SAMPLED;
	stamp->udp.source = bpf_htons(flow->entropy_port);
	stamp->udp.dest = bpf_htons(settings->int_port);
	stamp->udp.len = bpf_htons(udp_bytes);
	stamp->udp.check = 0; /* RFC 768; IPv6 tunnels: RFC 6935, 6936 */
	stamp->shim.type_npt = INT_SHIM_TYPE_MD | INT_SHIM_NPT_IP_PROTOCOL;
	stamp->shim.length = int_words;
	stamp->shim.reserved = 0;
	stamp->shim.next_protocol = packet->is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IPIP;
	stamp->md.word = bpf_htonl((__u32)INT_MD_VERSION << INT_MD_VERSION_SHIFT |
				   INT_HOSTINT_HOP_WORDS << INT_MD_HOP_WORDS_SHIFT | (INT_MAX_HOPS - 1));
	stamp->md.instructions = bpf_htons(INT_HOSTINT_INSTRUCTIONS);
	stamp->md.domain_id = bpf_htons(INT_HOSTINT_DOMAIN);
	stamp->md.domain_instructions = bpf_htons(domain_instructions);
	stamp->md.domain_flags = bpf_htons(flags);
	stamp->hop.node_id = bpf_htonl(settings->node_id);
	stamp->hop.ingress_interface = bpf_htons(skb->ingress_ifindex);
	stamp->hop.egress_interface = bpf_htons(skb->ifindex);
	/* skb->tstamp holds the planned departure on egress, not the arrival, so both times are now. */
	stamp->hop.ingress_time_ns = bpf_cpu_to_be64(now_ns);
	stamp->hop.egress_time_ns = stamp->hop.ingress_time_ns;
	stamp->sequence.sequence = bpf_htonl(flow->sequence);
	stamp->sequence.epoch = bpf_htons(settings->epoch);
	stamp->sequence.stream = bpf_htons(flow->stream);
}

static __always_inline void write_superpacket(struct int_superpacket *words, const struct ip_packet *packet)
{
	words->tcp_sequence = bpf_htonl(packet->tcp_sequence);
	words->segments = bpf_htons(packet->segments);
	words->segment_bytes = bpf_htons(packet->segment_bytes);
}

/*
 * Written straight into the room made. Returns -1 when the room is not there,
 * which the helper's success excludes; only the verifier cannot know.
 */
static __always_inline int write_headers(struct __sk_buff *skb, const struct ip_packet *packet,
					 const struct source_config *settings, const struct source_flow *flow,
					 __u32 added_bytes)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;
	void *outer = data + sizeof(struct ethhdr);
	__u32 total_bytes = added_bytes + packet->ip_bytes;
	struct stamp *stamp;

	if (packet->is_ipv6) {
		struct ipv6hdr *inner = outer + IPV6_HEADER_BYTES + STAMP_BYTES;

		if (packet->segment_bytes)
			inner = (void *)inner + SUPERPACKET_BYTES;
		if ((void *)(inner + 1) > end)
			return -1;
		write_outer_ipv6(outer, inner, total_bytes);
		stamp = outer + IPV6_HEADER_BYTES;
		write_stamp(stamp, skb, packet, settings, flow, total_bytes - IPV6_HEADER_BYTES);
	} else {
		struct iphdr *inner = outer + IPV4_HEADER_BYTES + STAMP_BYTES;

		if (packet->segment_bytes)
			inner = (void *)inner + SUPERPACKET_BYTES;
		if ((void *)(inner + 1) > end)
			return -1;
		write_outer_ipv4(outer, inner, total_bytes);
		stamp = outer + IPV4_HEADER_BYTES;
		write_stamp(stamp, skb, packet, settings, flow, total_bytes - IPV4_HEADER_BYTES);
	}
	if (packet->segment_bytes) {
		if ((void *)(stamp + 1) + SUPERPACKET_BYTES > end)
			return -1;
		write_superpacket((void *)(stamp + 1), packet);
	}
	return 0;
}

#endif
