/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Reads a packet and names the reason, if any, why nobody should stamp it.
 * Each step returns SOURCE_STAMPED (zero) to go on.
 */
#ifndef HOSTINT_SOURCE_CLASSIFY_H
#define HOSTINT_SOURCE_CLASSIFY_H

#include "lib/parse.h"
#include "source_tc/packet.h"

enum {
	/* What classify() reads at most: Ethernet, IPv6, TCP without options. */
	CLASSIFY_BYTES = sizeof(struct ethhdr) + IPV6_HEADER_BYTES + TCP_HEADER_BYTES,
	ICMPV6_NEIGHBOUR_FIRST = 133, /* RFC 4861: router solicitation */
	ICMPV6_NEIGHBOUR_LAST = 137, /* redirect */
};

/* The kernel may keep headers outside the linear part; pulling them in changes no byte on the wire. */
static __always_inline void pull_headers(struct __sk_buff *skb)
{
	__u32 wanted = skb->len < CLASSIFY_BYTES ? skb->len : CLASSIFY_BYTES;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + CLASSIFY_BYTES > end)
		bpf_skb_pull_data(skb, wanted);
}

static __always_inline enum source_outcome classify_ipv4(struct cursor *cursor, struct ip_packet *packet)
{
	struct iphdr *ip = take_ipv4(cursor);

	if (!ip || ip->version != 4 || ip->ihl < IPV4_HEADER_WORDS)
		return SOURCE_TRUNCATED;
	if (ip->ihl != IPV4_HEADER_WORDS)
		return SOURCE_IP_OPTIONS;
	if (ip->frag_off & bpf_htons(IPV4_FRAGMENT_MASK))
		return SOURCE_FRAGMENT;
	if ((ip->daddr & bpf_htonl(0xf0000000)) == bpf_htonl(0xe0000000) || ip->daddr == bpf_htonl(0xffffffff))
		return SOURCE_NOT_UNICAST;
	packet->ip_bytes = bpf_ntohs(ip->tot_len);
	packet->header_bytes = IPV4_HEADER_BYTES;
	packet->ttl = ip->ttl;
	key_ipv4(&packet->key, ip);
	return SOURCE_STAMPED;
}

static __always_inline enum source_outcome classify_ipv6(struct cursor *cursor, struct ip_packet *packet)
{
	struct ipv6hdr *ip = take_ipv6(cursor);

	if (!ip || ip->version != 6)
		return SOURCE_TRUNCATED;
	if (ip->nexthdr == IPV6_FRAGMENT_HEADER)
		return SOURCE_FRAGMENT;
	if (is_ipv6_extension(ip->nexthdr))
		return SOURCE_IP_OPTIONS;
	if (ip->daddr.in6_u.u6_addr8[0] == 0xff)
		return SOURCE_NOT_UNICAST;
	packet->is_ipv6 = 1;
	packet->ip_bytes = IPV6_HEADER_BYTES + bpf_ntohs(ip->payload_len);
	packet->header_bytes = IPV6_HEADER_BYTES;
	packet->ttl = ip->hop_limit;
	key_ipv6(&packet->key, ip);
	return SOURCE_STAMPED;
}

static __always_inline enum source_outcome classify_transport(struct cursor *cursor, struct ip_packet *packet,
							      __u16 int_port)
{
	if (packet->key.protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = take_tcp(cursor);

		if (!tcp || tcp->doff * 4U < TCP_HEADER_BYTES)
			return SOURCE_TRUNCATED;
		packet->key.source_port = tcp->source;
		packet->key.destination_port = tcp->dest;
		packet->tcp_sequence = bpf_ntohl(tcp->seq);
		packet->header_bytes += tcp->doff * 4U;
	} else if (packet->key.protocol == IPPROTO_UDP) {
		struct udphdr *udp = take_udp(cursor);

		if (!udp)
			return SOURCE_TRUNCATED;
		if (udp->dest == bpf_htons(int_port))
			return SOURCE_ALREADY_STAMPED;
		packet->key.source_port = udp->source;
		packet->key.destination_port = udp->dest;
		packet->header_bytes += UDP_HEADER_BYTES;
	} else if (packet->key.protocol == IPPROTO_ICMPV6) {
		__u8 *type = cursor->position;

		if ((void *)(type + 1) > cursor->end)
			return SOURCE_TRUNCATED;
		if (*type >= ICMPV6_NEIGHBOUR_FIRST && *type <= ICMPV6_NEIGHBOUR_LAST)
			return SOURCE_NEIGHBOUR_DISCOVERY;
	}
	if (packet->header_bytes > packet->ip_bytes)
		return SOURCE_TRUNCATED;
	packet->payload_bytes = packet->ip_bytes - packet->header_bytes;
	return SOURCE_STAMPED;
}

static __always_inline enum source_outcome classify(struct __sk_buff *skb, struct ip_packet *packet, __u16 int_port)
{
	struct cursor cursor;
	struct ethhdr *ethernet;
	enum source_outcome outcome;

	pull_headers(skb);
	cursor.position = (void *)(long)skb->data;
	cursor.end = (void *)(long)skb->data_end;
	ethernet = take_ethernet(&cursor);
	if (!ethernet)
		return SOURCE_TRUNCATED;
	if (ethernet->h_proto == bpf_htons(ETH_P_8021Q) || ethernet->h_proto == bpf_htons(ETH_P_8021AD))
		return SOURCE_TAGGED;
	/* The kernel makes room by skb->protocol: where the two differ, stay away. */
	if (ethernet->h_proto != skb->protocol)
		return SOURCE_NOT_IP;
	if (ethernet->h_proto == bpf_htons(ETH_P_IP))
		outcome = classify_ipv4(&cursor, packet);
	else if (ethernet->h_proto == bpf_htons(ETH_P_IPV6))
		outcome = classify_ipv6(&cursor, packet);
	else
		return SOURCE_NOT_IP;
	if (outcome)
		return outcome;
	if (ethernet->h_dest[0] & 1)
		return SOURCE_NOT_UNICAST; /* a subnet's broadcast address shows only here */
	if (sizeof(*ethernet) + packet->ip_bytes > skb->len)
		return SOURCE_TRUNCATED;
	return classify_transport(&cursor, packet, int_port);
}

#endif
