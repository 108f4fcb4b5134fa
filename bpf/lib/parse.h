/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cursor over packet bytes, used by source and sink. Every take_*() checks
 * the bounds, advances the cursor and returns the header, or NULL when the
 * packet is too short; the verifier follows that one check.
 */
#ifndef HOSTINT_LIB_PARSE_H
#define HOSTINT_LIB_PARSE_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi/records.h"
#include "abi/wire.h"

enum parse_constant {
	IPV4_FRAGMENT_MASK = 0x3fff, /* more-fragments flag and offset */
	IPV4_OFFSET_MASK = 0x1fff,
	IPV4_HEADER_WORDS = 5, /* without options */
	IPV4_HEADER_BYTES = 4 * IPV4_HEADER_WORDS,
	IPV6_HEADER_BYTES = 40,
	TCP_HEADER_BYTES = 20,
	UDP_HEADER_BYTES = 8,
	VLAN_TAG_BYTES = 4,
	VLAN_TAGS_MAX = 2, /* 802.1Q inside 802.1ad */
	ECN_MASK = 0x03,
	ECN_CE = 0x03,
};

struct vlan_tag {
	__be16 control;
	__be16 protocol;
};

struct cursor {
	void *position;
	void *end;
};

#define TAKE(name, type)                                                \
	static __always_inline type *take_##name(struct cursor *cursor) \
	{                                                               \
		type *header = cursor->position;                        \
                                                                        \
		if ((void *)(header + 1) > cursor->end)                 \
			return NULL;                                    \
		cursor->position = header + 1;                          \
		return header;                                          \
	}

TAKE(ethernet, struct ethhdr)
TAKE(vlan_tag, struct vlan_tag)
TAKE(ipv4, struct iphdr)
TAKE(ipv6, struct ipv6hdr)
TAKE(tcp, struct tcphdr)
TAKE(udp, struct udphdr)
TAKE(shim, struct int_shim)
TAKE(md, struct int_md)

/* An IPv4 address as ::ffff:a.b.c.d, so that one map serves both families. */
static __always_inline void map_ipv4(__u8 *to, __be32 address)
{
	__builtin_memset(to, 0, 10);
	to[10] = 0xff;
	to[11] = 0xff;
	__builtin_memcpy(to + 12, &address, sizeof(address));
}

static __always_inline void key_ipv4(struct flow_key *key, const struct iphdr *ip)
{
	map_ipv4(key->source, ip->saddr);
	map_ipv4(key->destination, ip->daddr);
	key->protocol = ip->protocol;
}

static __always_inline void key_ipv6(struct flow_key *key, const struct ipv6hdr *ip)
{
	__builtin_memcpy(key->source, &ip->saddr, 16);
	__builtin_memcpy(key->destination, &ip->daddr, 16);
	key->protocol = ip->nexthdr;
}

/* Headers between IPv6 and the transport that a router or the destination acts on. */
static __always_inline int is_ipv6_extension(__u8 next_header)
{
	switch (next_header) {
	case 0: /* hop-by-hop, RFC 8200 section 4.3 */
	case 43: /* routing */
	case 60: /* destination options */
	case 135: /* mobility, RFC 6275 */
	case 139: /* HIP, RFC 7401 */
	case 140: /* shim6, RFC 5533 */
		return 1;
	default:
		return 0;
	}
}

enum { IPV6_FRAGMENT_HEADER = 44 };

#endif
