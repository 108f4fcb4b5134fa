/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Removes the telemetry, so that the packet is what it would have been without. */
#ifndef HOSTINT_SINK_STRIP_H
#define HOSTINT_SINK_STRIP_H

#include "lib/csum.h"
#include "lib/parse.h"
#include "sink_xdp/packet.h"
#include "sink_xdp/validate.h"

enum { LINK_BYTES_MAX = sizeof(struct ethhdr) + VLAN_TAGS_MAX * VLAN_TAG_BYTES };

/* A link header set aside while the packet's start moves; in halfwords, as clang copies unaligned bytes one by one. */
struct link_header {
	__u16 halfwords[LINK_BYTES_MAX / 2];
};

/* Three fixed lengths, because the verifier wants a constant one. */
static __always_inline int copy_link(__u16 *to, const __u16 *from, __u32 link_bytes)
{
	switch (link_bytes) {
	case sizeof(struct ethhdr):
		__builtin_memcpy(to, from, sizeof(struct ethhdr));
		return 0;
	case sizeof(struct ethhdr) + VLAN_TAG_BYTES:
		__builtin_memcpy(to, from, sizeof(struct ethhdr) + VLAN_TAG_BYTES);
		return 0;
	case LINK_BYTES_MAX:
		__builtin_memcpy(to, from, LINK_BYTES_MAX);
		return 0;
	default:
		return -1;
	}
}

/* Where the IP header stands. The mask is for the verifier, which lost the bound when the value went to the stack. */
static __always_inline void *behind_link(struct xdp_md *ctx, const struct int_packet *packet)
{
	__u32 link_bytes = packet->link_bytes;

	asm volatile("%0 &= 31" : "+r"(link_bytes));
	return (void *)(long)ctx->data + link_bytes;
}

static __always_inline int save_link(struct xdp_md *ctx, const struct int_packet *packet, struct link_header *link)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + LINK_BYTES_MAX > end ? -1 : copy_link(link->halfwords, data, packet->link_bytes);
}

/* The inner packet is longer than the bytes checked here: validated before, but the verifier forgot. */
static __always_inline int restore_link(struct xdp_md *ctx, const struct int_packet *packet,
					const struct link_header *link)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	return data + LINK_BYTES_MAX > end ? -1 : copy_link(data, link->halfwords, packet->link_bytes);
}

/* RFC 6040 section 4.2: CE goes inward where the inner packet is ECN-capable; DSCP as the network left it. */
static __always_inline __u8 inner_traffic_class(__u8 inner, __u8 outer)
{
	__u8 ecn = inner & ECN_MASK;

	if (ecn && (outer & ECN_MASK) == ECN_CE)
		ecn = ECN_CE;
	return (outer & ~ECN_MASK) | ecn;
}

/* Never upwards: another source may have given its outer header a fresh TTL, and a loop must end. */
static __always_inline __u8 inner_ttl(__u8 inner, __u8 outer)
{
	return outer < inner ? outer : inner;
}

static __always_inline void carry_into_ipv4(struct iphdr *ip, const struct int_packet *packet)
{
	__u16 *words = (void *)ip, before_tos = words[0], before_ttl = words[4];
	__u16 check = ip->check;

	ip->tos = inner_traffic_class(ip->tos, packet->traffic_class);
	ip->ttl = inner_ttl(ip->ttl, packet->ttl);
	if (words[0] == before_tos && words[4] == before_ttl)
		return;
	csum_replace(&check, before_tos, words[0]);
	csum_replace(&check, before_ttl, words[4]);
	ip->check = check;
}

static __always_inline void carry_into_ipv6(struct ipv6hdr *ip, const struct int_packet *packet)
{
	__u8 inner = ip->priority << 4 | ip->flow_lbl[0] >> 4;
	__u8 class = inner_traffic_class(inner, packet->traffic_class);

	ip->priority = class >> 4;
	ip->flow_lbl[0] = (class << 4) | (ip->flow_lbl[0] & 0x0f);
	ip->hop_limit = inner_ttl(ip->hop_limit, packet->ttl);
}

static __always_inline int carry_inward(struct xdp_md *ctx, const struct int_packet *packet)
{
	void *ip = behind_link(ctx, packet), *end = (void *)(long)ctx->data_end;

	if (packet->is_ipv6) {
		if (ip + IPV6_HEADER_BYTES > end)
			return -1;
		carry_into_ipv6(ip, packet);
	} else {
		if (ip + IPV4_HEADER_BYTES > end)
			return -1;
		carry_into_ipv4(ip, packet);
	}
	return 0;
}

/* Outer IP, UDP and telemetry go; the link header moves up to the inner packet. */
static __always_inline int strip_to_inner_ip(struct xdp_md *ctx, const struct int_packet *packet)
{
	struct link_header link;

	if (save_link(ctx, packet, &link) ||
	    bpf_xdp_adjust_head(ctx, packet->ip_bytes + UDP_HEADER_BYTES + packet->int_bytes) ||
	    restore_link(ctx, packet, &link))
		return -1;
	return carry_inward(ctx, packet);
}

static __always_inline void shorten_ipv4(struct iphdr *ip, const struct int_packet *packet)
{
	__u16 *words = (void *)ip, before = words[4];
	__be16 total = bpf_htons(IPV4_HEADER_BYTES + packet->inner_bytes);
	__u16 check = ip->check;

	csum_replace(&check, ip->tot_len, total);
	ip->tot_len = total;
	ip->protocol = packet->next_protocol;
	csum_replace(&check, before, words[4]);
	ip->check = check;
}

union ip_header {
	struct iphdr ipv4;
	struct ipv6hdr ipv6;
};

static __always_inline int save_shortened_ip(struct xdp_md *ctx, const struct int_packet *packet, union ip_header *ip)
{
	void *from = behind_link(ctx, packet), *end = (void *)(long)ctx->data_end;

	if (packet->is_ipv6) {
		if (from + sizeof(ip->ipv6) > end)
			return -1;
		__builtin_memcpy(&ip->ipv6, from, sizeof(ip->ipv6));
		ip->ipv6.nexthdr = packet->next_protocol;
		ip->ipv6.payload_len = bpf_htons(packet->inner_bytes);
	} else {
		if (from + sizeof(ip->ipv4) > end)
			return -1;
		__builtin_memcpy(&ip->ipv4, from, sizeof(ip->ipv4));
		shorten_ipv4(&ip->ipv4, packet);
	}
	return 0;
}

static __always_inline int restore_ip(struct xdp_md *ctx, const struct int_packet *packet, const union ip_header *ip)
{
	void *to = behind_link(ctx, packet), *end = (void *)(long)ctx->data_end;

	if (packet->is_ipv6) {
		if (to + sizeof(ip->ipv6) > end)
			return -1;
		__builtin_memcpy(to, &ip->ipv6, sizeof(ip->ipv6));
	} else {
		if (to + sizeof(ip->ipv4) > end)
			return -1;
		__builtin_memcpy(to, &ip->ipv4, sizeof(ip->ipv4));
	}
	return 0;
}

/* UDP and telemetry go; the one IP header stays, names the transport again and counts less. */
static __always_inline int strip_to_transport(struct xdp_md *ctx, const struct int_packet *packet)
{
	struct link_header link;
	union ip_header ip;

	if (save_link(ctx, packet, &link) || save_shortened_ip(ctx, packet, &ip) ||
	    bpf_xdp_adjust_head(ctx, UDP_HEADER_BYTES + packet->int_bytes) || restore_link(ctx, packet, &link))
		return -1;
	return restore_ip(ctx, packet, &ip);
}

static __always_inline int strip(struct xdp_md *ctx, const struct int_packet *packet)
{
	return inner_is_ip(packet) ? strip_to_inner_ip(ctx, packet) : strip_to_transport(ctx, packet);
}

#endif
