/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HOSTINT_SOURCE_PACKET_H
#define HOSTINT_SOURCE_PACKET_H

#include "abi/records.h"

/* What the source learnt of a packet before it decides. */
struct ip_packet {
	struct flow_key key;
	__u32 ip_bytes; /* the whole packet from its IP header */
	__u32 payload_bytes; /* of TCP or UDP */
	__u32 header_bytes; /* IP and transport */
	__u32 tcp_sequence;
	__u32 segments; /* wire packets, as they leave */
	__u32 segment_bytes; /* payload a wire packet; 0: no superpacket */
	__u8 ttl;
	__u8 is_ipv6;
};

#endif
