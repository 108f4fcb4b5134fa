/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HOSTINT_SINK_MAPS_H
#define HOSTINT_SINK_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi/records.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sink_config);
} config SEC(".maps");

/* Source addresses that may be stripped; consulted only when --allow is given. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096); /* prefixes on a command line or in a file */
	__uint(map_flags, BPF_F_NO_PREALLOC); /* the trie's own condition */
	__type(key, struct prefix_key);
	__type(value, struct prefix_value);
} allow SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536); /* --max-flows */
	__type(key, struct flow_key);
	__type(value, struct sink_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} flow_numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__type(key, __u32);
	__type(value, __u32);
} samples SEC(".maps");

/* An array indexed by CPU, so that each staging keeps to cache lines of its own CPU and user space may map it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* possible CPUs, set before loading */
	__type(key, __u32);
	__type(value, struct staging);
} staging SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SINK_OUTCOME_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} outcomes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SINK_EVENT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} events SEC(".maps");

#endif
