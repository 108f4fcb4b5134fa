/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Everything a packet must be before the sink touches it. Each step returns
 * SINK_STRIPPED (zero) to go on or the reason to leave the packet alone.
 */
#ifndef HOSTINT_SINK_VALIDATE_H
#define HOSTINT_SINK_VALIDATE_H

#include "abi/records.h"
#include "abi/wire.h"
#include "lib/csum.h"
#include "lib/parse.h"
#include "sink_xdp/packet.h"

static __always_inline __be16 take_link(struct cursor *cursor, struct int_packet *packet)
{
	struct ethhdr *ethernet = take_ethernet(cursor);
	__be16 protocol;

	if (!ethernet)
		return 0;
	protocol = ethernet->h_proto;
	packet->link_bytes = sizeof(*ethernet);
#pragma unroll
	for (int i = 0; i < VLAN_TAGS_MAX; i++) {
		struct vlan_tag *tag;

		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			break;
		tag = take_vlan_tag(cursor);
		if (!tag)
			return 0;
		protocol = tag->protocol;
		packet->link_bytes += sizeof(*tag);
	}
	return protocol;
}

/* UDP towards the INT port, or not ours to judge. */
static __always_inline int is_int_port(struct cursor cursor, __u16 int_port)
{
	struct udphdr *udp = take_udp(&cursor);

	return udp && udp->dest == bpf_htons(int_port);
}

static __always_inline enum sink_outcome validate_ipv4(struct cursor *cursor, struct int_packet *packet, __u16 int_port,
						       __u32 *total)
{
	struct iphdr *ip = take_ipv4(cursor);
	struct cursor behind = *cursor;

	if (!ip || ip->protocol != IPPROTO_UDP || ip->version != 4 || ip->ihl < IPV4_HEADER_WORDS)
		return SINK_NOT_INT;
	if (ip->frag_off & bpf_htons(IPV4_OFFSET_MASK))
		return SINK_NOT_INT; /* no UDP header to look at */
	behind.position += (ip->ihl - IPV4_HEADER_WORDS) * 4;
	if (!is_int_port(behind, int_port))
		return SINK_NOT_INT;
	if (ip->ihl != IPV4_HEADER_WORDS)
		return SINK_OUTER_OPTIONS;
	if (ip->frag_off & bpf_htons(IPV4_FRAGMENT_MASK))
		return SINK_OUTER_FRAGMENT;
	/* TTL and DSCP are carried inward, so a damaged header must stop here and not be legalised. */
	if (ipv4_sum(ip) != 0xffff)
		return SINK_OUTER_CHECKSUM;
	packet->ip_bytes = IPV4_HEADER_BYTES;
	packet->traffic_class = ip->tos;
	packet->ttl = ip->ttl;
	key_ipv4(&packet->key, ip);
	*total = bpf_ntohs(ip->tot_len);
	return SINK_STRIPPED;
}

static __always_inline enum sink_outcome validate_ipv6(struct cursor *cursor, struct int_packet *packet, __u16 int_port,
						       __u32 *total)
{
	struct ipv6hdr *ip = take_ipv6(cursor);

	if (!ip || ip->version != 6 || ip->nexthdr != IPPROTO_UDP || !is_int_port(*cursor, int_port))
		return SINK_NOT_INT;
	packet->is_ipv6 = 1;
	packet->ip_bytes = IPV6_HEADER_BYTES;
	packet->traffic_class = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	packet->ttl = ip->hop_limit;
	key_ipv6(&packet->key, ip);
	*total = IPV6_HEADER_BYTES + bpf_ntohs(ip->payload_len);
	return SINK_STRIPPED;
}

/* Outer headers, up to and including the UDP header. */
static __always_inline enum sink_outcome validate_outer(struct cursor *cursor, struct int_packet *packet,
							__u16 int_port, __u32 frame_bytes)
{
	__be16 protocol = take_link(cursor, packet);
	enum sink_outcome outcome;
	struct udphdr *udp;
	__u32 total = 0;

	if (protocol == bpf_htons(ETH_P_IP))
		outcome = validate_ipv4(cursor, packet, int_port, &total);
	else if (protocol == bpf_htons(ETH_P_IPV6))
		outcome = validate_ipv6(cursor, packet, int_port, &total);
	else
		return SINK_NOT_INT;
	if (outcome)
		return outcome;
	udp = take_udp(cursor);
	if (!udp || packet->link_bytes + total > frame_bytes)
		return SINK_TRUNCATED;
	if (packet->ip_bytes + bpf_ntohs(udp->len) != total)
		return SINK_OUTER_LENGTH;
	packet->inner_bytes = bpf_ntohs(udp->len) - UDP_HEADER_BYTES;
	if (bpf_ntohs(udp->len) < UDP_HEADER_BYTES)
		return SINK_OUTER_LENGTH;
	return SINK_STRIPPED;
}

/* Words that these instruction bits ask of each hop (specification section 5.7). */
static __always_inline __u32 instruction_words(__u16 instructions)
{
	__u32 words = 0;

#pragma unroll
	for (int bit = 0; bit < 16; bit++)
		words += instructions >> bit & 1;
	words += !!(instructions & INT_INSTRUCTION_INGRESS_TIME);
	words += !!(instructions & INT_INSTRUCTION_EGRESS_TIME);
	words += !!(instructions & INT_INSTRUCTION_LEVEL2_INTERFACES);
	return words;
}

/* A hop's block: its words in all, and those that stand before the egress time. */
struct hop_shape {
	__u32 words;
	__u32 before_egress_time;
};

static __always_inline struct hop_shape hop_shape(__u16 instructions)
{
	/* Counting bits costs some 60 instructions; our own bitmap is nearly always the one. */
	if (instructions == INT_HOSTINT_INSTRUCTIONS)
		return (struct hop_shape){ INT_HOSTINT_HOP_WORDS, INT_HOSTINT_HOP_WORDS - 2 };
	return (struct hop_shape){
		.words = instruction_words(instructions),
		.before_egress_time = instruction_words(instructions &
							(INT_INSTRUCTION_NODE_ID | INT_INSTRUCTION_LEVEL1_INTERFACES |
							 INT_INSTRUCTION_HOP_LATENCY | INT_INSTRUCTION_QUEUE |
							 INT_INSTRUCTION_INGRESS_TIME)),
	};
}

static __always_inline __u32 source_only_words(__u16 domain_instructions)
{
	__u32 words = 0;

	words += domain_instructions & INT_HOSTINT_DOMAIN_SEQUENCE ? 1 : 0;
	words += domain_instructions & INT_HOSTINT_DOMAIN_STREAM ? 1 : 0;
	words += domain_instructions & INT_HOSTINT_DOMAIN_SUPERPACKET ? 2 : 0;
	words += domain_instructions & INT_HOSTINT_DOMAIN_CLOCK_ECHO ? 4 : 0;
	return words;
}

/* A word of the stack that the caller has counted; 0 when the frame's first buffer does not hold it. */
static __always_inline __u32 stack_word(const struct cursor *stack, __u32 index)
{
	__be32 *word = stack->position + (index & 0xff) * 4;

	if ((void *)(word + 1) > stack->end)
		return 0;
	return bpf_ntohl(*word);
}

static __always_inline __u64 stack_time(const struct cursor *stack, __u32 index)
{
	return (__u64)stack_word(stack, index) << 32 | stack_word(stack, index + 1);
}

/* The source's own hop is the oldest, so it stands last, its domain's words behind it. */
static __always_inline void read_source_hop(struct int_packet *packet, const struct cursor *stack, __u32 hop,
					    __u16 instructions, __u32 before_egress_time)
{
	if (instructions & INT_INSTRUCTION_NODE_ID)
		packet->source_node_id = stack_word(stack, hop);
	if (instructions & INT_INSTRUCTION_EGRESS_TIME) {
		packet->egress_time_ns = stack_time(stack, hop + before_egress_time);
		/* All ones: not available (specification section 3). */
		packet->has_egress_time = packet->egress_time_ns != ~0ULL;
	}
}

static __always_inline void read_domain_words(struct int_packet *packet, const struct cursor *stack, __u32 word,
					      __u16 domain_instructions)
{
	if (domain_instructions & INT_HOSTINT_DOMAIN_SEQUENCE)
		packet->sequence = stack_word(stack, word++);
	if (domain_instructions & INT_HOSTINT_DOMAIN_STREAM) {
		__u32 both = stack_word(stack, word++);

		packet->epoch = both >> 16;
		packet->stream = both;
		packet->has_sequence = !!(domain_instructions & INT_HOSTINT_DOMAIN_SEQUENCE);
	}
	if (domain_instructions & INT_HOSTINT_DOMAIN_SUPERPACKET) {
		__u32 both = stack_word(stack, word + 1);

		packet->stamp_tcp_sequence = stack_word(stack, word);
		packet->stamp_segments = both >> 16;
		packet->stamp_segment_bytes = both;
	}
}

/* Shim, MD header and stack. */
static __always_inline enum sink_outcome validate_int(struct cursor *cursor, struct int_packet *packet)
{
	struct int_shim *shim = take_shim(cursor);
	struct int_md *md;
	__u32 word, hop_words, stack_words, source_words = 0;
	__u16 instructions, domain_instructions = 0;
	struct hop_shape shape;

	if (!shim)
		return SINK_TRUNCATED;
	if ((shim->type_npt & INT_SHIM_TYPE_MASK) != INT_SHIM_TYPE_MD)
		return SINK_SHIM_TYPE;
	if ((shim->type_npt & INT_SHIM_NPT_MASK) != INT_SHIM_NPT_IP_PROTOCOL)
		return SINK_SHIM_NEXT;
	packet->next_protocol = shim->next_protocol;
	packet->int_bytes = sizeof(*shim) + shim->length * 4;
	if (packet->int_bytes > packet->inner_bytes)
		return SINK_TRUNCATED;
	packet->inner_bytes -= packet->int_bytes;
	if (shim->length < INT_MD_WORDS)
		return SINK_STACK_LENGTH;
	stack_words = shim->length - INT_MD_WORDS;

	md = take_md(cursor);
	if (!md)
		return SINK_TRUNCATED;
	word = bpf_ntohl(md->word);
	if (word >> INT_MD_VERSION_SHIFT != INT_MD_VERSION)
		return SINK_MD_VERSION;
	packet->discard = word & INT_MD_DISCARD;
	instructions = bpf_ntohs(md->instructions);
	hop_words = word >> INT_MD_HOP_WORDS_SHIFT & INT_MD_HOP_WORDS_MASK;

	if (md->domain_id == bpf_htons(INT_HOSTINT_DOMAIN)) {
		domain_instructions = bpf_ntohs(md->domain_instructions);
		/* A bit we do not know has words we cannot count. */
		if (domain_instructions & 0x0fff)
			return SINK_INSTRUCTIONS;
		source_words = source_only_words(domain_instructions);
		packet->domain_flags = bpf_ntohs(md->domain_flags);
	}
	/* A foreign domain may add words of its own to each hop, never take some away. */
	shape = hop_shape(instructions);
	if (hop_words < shape.words || (domain_instructions && hop_words != shape.words))
		return SINK_INSTRUCTIONS;
	if (hop_words == 0 || stack_words < source_words + hop_words)
		return SINK_STACK_LENGTH;
	packet->hops = (stack_words - source_words) / hop_words;
	if (packet->hops * hop_words + source_words != stack_words)
		return SINK_STACK_LENGTH;
	if (packet->hops > INT_MAX_HOPS)
		return SINK_STACK_HOPS;
	read_source_hop(packet, cursor, stack_words - source_words - hop_words, instructions, shape.before_egress_time);
	read_domain_words(packet, cursor, stack_words - source_words, domain_instructions);
	cursor->position += stack_words * 4;
	return SINK_STRIPPED;
}

/* Ports, and for TCP what places a segment in its superpacket. */
static __always_inline enum sink_outcome read_transport(struct cursor *cursor, struct int_packet *packet,
							__u32 transport_bytes, __u16 int_port)
{
	if (packet->key.protocol == IPPROTO_UDP) {
		struct udphdr *udp = take_udp(cursor);

		if (!udp || transport_bytes < UDP_HEADER_BYTES)
			return SINK_INNER_MALFORMED;
		if (udp->dest == bpf_htons(int_port))
			return SINK_NESTED;
		packet->key.source_port = udp->source;
		packet->key.destination_port = udp->dest;
		packet->payload_bytes = transport_bytes - UDP_HEADER_BYTES;
	} else if (packet->key.protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = take_tcp(cursor);

		if (!tcp || transport_bytes < TCP_HEADER_BYTES || tcp->doff * 4U < TCP_HEADER_BYTES ||
		    tcp->doff * 4U > transport_bytes)
			return SINK_INNER_MALFORMED;
		packet->key.source_port = tcp->source;
		packet->key.destination_port = tcp->dest;
		packet->tcp_sequence = bpf_ntohl(tcp->seq);
		packet->payload_bytes = transport_bytes - tcp->doff * 4U;
	}
	return SINK_STRIPPED;
}

static __always_inline int same_address(const __u8 *left, const __u8 *right)
{
	const __u64 *a = (const void *)left, *b = (const void *)right;

	return a[0] == b[0] && a[1] == b[1];
}

/* The inner packet's addresses must be the outer ones: telemetry adds no reachability. */
static __always_inline enum sink_outcome validate_inner_ipv4(struct cursor *cursor, struct int_packet *packet,
							     __u16 int_port)
{
	struct iphdr *ip = take_ipv4(cursor);
	struct flow_key outer = packet->key;
	__u32 header_bytes;

	if (!ip || ip->version != 4 || ip->ihl < IPV4_HEADER_WORDS || packet->is_ipv6)
		return SINK_INNER_MALFORMED;
	header_bytes = ip->ihl * 4;
	if (bpf_ntohs(ip->tot_len) != packet->inner_bytes || header_bytes > packet->inner_bytes)
		return SINK_INNER_MALFORMED;
	key_ipv4(&packet->key, ip);
	if (!same_address(packet->key.source, outer.source) ||
	    !same_address(packet->key.destination, outer.destination))
		return SINK_ADDRESS_MISMATCH;
	if (ip->frag_off & bpf_htons(IPV4_FRAGMENT_MASK))
		return SINK_STRIPPED; /* a fragment: ports are not to be had in each */
	cursor->position += header_bytes - IPV4_HEADER_BYTES;
	return read_transport(cursor, packet, packet->inner_bytes - header_bytes, int_port);
}

static __always_inline enum sink_outcome validate_inner_ipv6(struct cursor *cursor, struct int_packet *packet,
							     __u16 int_port)
{
	struct ipv6hdr *ip = take_ipv6(cursor);
	struct flow_key outer = packet->key;

	if (!ip || ip->version != 6 || !packet->is_ipv6 || packet->inner_bytes < IPV6_HEADER_BYTES ||
	    bpf_ntohs(ip->payload_len) != packet->inner_bytes - IPV6_HEADER_BYTES)
		return SINK_INNER_MALFORMED;
	key_ipv6(&packet->key, ip);
	if (!same_address(packet->key.source, outer.source) ||
	    !same_address(packet->key.destination, outer.destination))
		return SINK_ADDRESS_MISMATCH;
	return read_transport(cursor, packet, packet->inner_bytes - IPV6_HEADER_BYTES, int_port);
}

/* What follows the telemetry: an IP packet (ours), or a transport directly (other sources). */
static __always_inline enum sink_outcome validate_inner(struct cursor *cursor, struct int_packet *packet,
							__u16 int_port)
{
	if (packet->next_protocol == IPPROTO_IPIP)
		return validate_inner_ipv4(cursor, packet, int_port);
	if (packet->next_protocol == IPPROTO_IPV6)
		return validate_inner_ipv6(cursor, packet, int_port);
	packet->key.protocol = packet->next_protocol;
	return read_transport(cursor, packet, packet->inner_bytes, int_port);
}

#endif
