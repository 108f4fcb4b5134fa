/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes on the network: the ip-udp encapsulation of INT-MD
 * (P4.org INT Dataplane Specification v2.1). Everything is in network byte
 * order, so multi-byte members are __be*; sub-byte fields are masks, because
 * the layout of C bit-fields depends on the compiler.
 */
#ifndef HOSTINT_ABI_WIRE_H
#define HOSTINT_ABI_WIRE_H

#include <linux/types.h>

/* Specification section 5.6.1: what stands behind the new UDP header. */
struct int_shim {
	__u8 type_npt; /* type (4 bits), NPT (2), reserved (2) */
	__u8 length; /* words after the shim, up to the inner header */
	__u8 reserved;
	__u8 next_protocol; /* NPT 2: the IP protocol of what follows */
};

enum int_shim_field {
	INT_SHIM_TYPE_MASK = 0xf0,
	INT_SHIM_TYPE_MD = 0x10,
	INT_SHIM_NPT_MASK = 0x0c,
	INT_SHIM_NPT_IP_PROTOCOL = 0x08,
};

/* Specification section 5.7: the INT-MD header. */
struct int_md {
	__be32 word; /* version, D, E, M, hop words, remaining hops */
	__be16 instructions;
	__be16 domain_id;
	__be16 domain_instructions;
	__be16 domain_flags;
};

enum int_md_field {
	INT_MD_VERSION = 2,
	INT_MD_VERSION_SHIFT = 28,
	INT_MD_DISCARD = 1 << 27,
	INT_MD_HOPS_EXCEEDED = 1 << 26,
	INT_MD_MTU_EXCEEDED = 1 << 25,
	INT_MD_HOP_WORDS_SHIFT = 8,
	INT_MD_HOP_WORDS_MASK = 0x1f,
	INT_MD_REMAINING_HOPS_MASK = 0xff,
	INT_MD_WORDS = 3,
	INT_MAX_HOPS = 8,
	INT_MAX_STACK_WORDS = 255 - INT_MD_WORDS,
};

/* Instruction bitmap, specification section 5.7; bit 0 is the highest. */
enum int_instruction {
	INT_INSTRUCTION_NODE_ID = 0x8000,
	INT_INSTRUCTION_LEVEL1_INTERFACES = 0x4000,
	INT_INSTRUCTION_HOP_LATENCY = 0x2000,
	INT_INSTRUCTION_QUEUE = 0x1000,
	INT_INSTRUCTION_INGRESS_TIME = 0x0800,
	INT_INSTRUCTION_EGRESS_TIME = 0x0400,
	INT_INSTRUCTION_LEVEL2_INTERFACES = 0x0200,
	INT_INSTRUCTION_EGRESS_UTILISATION = 0x0100,
	INT_INSTRUCTION_BUFFER = 0x0080,
	INT_INSTRUCTION_CHECKSUM_COMPLEMENT = 0x0001,
	INT_INSTRUCTION_FOUR_BYTES = 0x8000 | 0x4000 | 0x2000 | 0x1000 | 0x0100 | 0x0080 | 0x0001,
	INT_INSTRUCTION_EIGHT_BYTES = 0x0800 | 0x0400 | 0x0200,
};

/* What a hostint source writes, and its own domain (source-only) words. */
enum int_hostint {
	INT_HOSTINT_INSTRUCTIONS = 0xcc00,
	INT_HOSTINT_HOP_WORDS = 6,
	INT_HOSTINT_DOMAIN = 0x4849,
	INT_HOSTINT_DOMAIN_SEQUENCE = 0x8000,
	INT_HOSTINT_DOMAIN_STREAM = 0x4000,
	INT_HOSTINT_DOMAIN_SUPERPACKET = 0x2000,
	INT_HOSTINT_DOMAIN_CLOCK_ECHO = 0x1000,
	INT_HOSTINT_FLAG_SAMPLED = 0x8000,
	INT_HOSTINT_FLAG_CLOCK_UNSYNCHRONISED = 0x4000,
	INT_HOSTINT_FLAG_PROBE_REQUEST = 0x2000,
	INT_HOSTINT_FLAG_PROBE_REPLY = 0x1000,
	INT_HOSTINT_SOURCE_PORT_BASE = 49152,
	INT_HOSTINT_SOURCE_PORT_COUNT = 16384,
	INT_HOSTINT_DEFAULT_PORT = 33122,
};

/* One hop of INT_HOSTINT_INSTRUCTIONS; packed: the times are not 8-aligned. */
struct int_hop {
	__be32 node_id;
	__be16 ingress_interface;
	__be16 egress_interface;
	__be64 ingress_time_ns;
	__be64 egress_time_ns;
} __attribute__((packed));

struct int_sequence {
	__be32 sequence;
	__be16 epoch;
	__be16 stream;
};

struct int_superpacket {
	__be32 tcp_sequence; /* of the first byte; 0 for UDP segmentation */
	__be16 segments;
	__be16 segment_bytes; /* payload a segment */
};

#endif
