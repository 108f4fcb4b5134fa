/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Per-CPU counters: `outcomes` has one a packet's fate, `events` whatever else is counted. */
#ifndef HOSTINT_LIB_COUNT_H
#define HOSTINT_LIB_COUNT_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Not atomic: a per-CPU slot of a program that is not interrupted by itself. */
static __always_inline void count(void *counters, __u32 index, __u64 amount)
{
	__u64 *counter = bpf_map_lookup_elem(counters, &index);

	if (counter)
		*counter += amount;
}

/* For a slot that the flush program (process context) and XDP (softirq) share. */
static __always_inline void count_shared(void *counters, __u32 index, __u64 amount)
{
	__u64 *counter = bpf_map_lookup_elem(counters, &index);

	if (counter)
		__sync_fetch_and_add(counter, amount);
}

#endif
