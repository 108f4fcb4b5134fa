/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HOSTINT_LIB_CSUM_H
#define HOSTINT_LIB_CSUM_H

#include <linux/ip.h>

#include <bpf/bpf_helpers.h>

static __always_inline __u16 csum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)sum;
}

/*
 * One's complement sum of an IPv4 header without options, folded. 0xffff: the
 * checksum in it is right (RFC 1071).
 */
static __always_inline __u16 ipv4_sum(const struct iphdr *ip)
{
	const __u16 *word = (const void *)ip;
	__u32 sum = 0;

#pragma unroll
	for (int i = 0; i < 10; i++)
		sum += word[i];
	return csum_fold(sum);
}

/* RFC 1624 equation 3: the checksum after one 16-bit word changed. */
static __always_inline void csum_replace(__u16 *check, __u16 from, __u16 to)
{
	__u32 sum = (__u16) ~*check;

	sum += (__u16)~from;
	sum += to;
	*check = (__u16)~csum_fold(sum);
}

#endif
