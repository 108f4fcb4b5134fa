/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HOSTINT_SINK_PACKET_H
#define HOSTINT_SINK_PACKET_H

#include <linux/in.h>

#include "abi/records.h"

/* What the sink learnt of one INT packet; filled step by step before anything is touched. */
struct int_packet {
	struct flow_key key; /* of the inner packet */
	__u32 link_bytes; /* Ethernet header and VLAN tags */
	__u32 ip_bytes; /* outer IP header */
	__u32 int_bytes; /* shim, MD header and stack */
	__u32 inner_bytes; /* what follows the telemetry */
	__u32 payload_bytes; /* of the inner transport; 0 where unknown */
	__u32 tcp_sequence;
	__u32 source_node_id;
	__u8 next_protocol; /* of the shim */
	__u8 traffic_class; /* outer DSCP and ECN, as the network left them */
	__u8 ttl; /* outer, likewise */
	__u8 is_ipv6;
	__u32 discard; /* D bit */
	__u32 segments; /* wire packets that arrived in this one */
	/* From the source's hop and words; has_* tell what was there. */
	__u64 egress_time_ns;
	__u32 has_egress_time;
	__u32 sequence;
	__u32 has_sequence;
	__u16 epoch;
	__u16 stream;
	__u16 domain_flags;
	__u16 hops;
	__u32 stamp_tcp_sequence;
	__u16 stamp_segments; /* 0: not a superpacket's */
	__u16 stamp_segment_bytes;
};

static __always_inline int inner_is_ip(const struct int_packet *packet)
{
	return packet->next_protocol == IPPROTO_IPIP || packet->next_protocol == IPPROTO_IPV6;
}

#endif
