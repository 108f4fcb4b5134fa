/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HOSTINT_SOURCE_MAPS_H
#define HOSTINT_SOURCE_MAPS_H

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "abi/records.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct source_config);
} config SEC(".maps");

/* Destinations of --to. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, 4096); /* prefixes on a command line or in a file */
	__uint(map_flags, BPF_F_NO_PREALLOC); /* the trie's own condition */
	__type(key, struct prefix_key);
	__type(value, struct prefix_value);
} selection SEC(".maps");

/* Per CPU, so that CPUs that send the same flow never wait for one another's cache line. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_PERCPU_HASH);
	__uint(max_entries, 65536); /* --max-flows */
	__type(key, struct flow_key);
	__type(value, struct source_flow);
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} stream_numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SOURCE_OUTCOME_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} outcomes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SOURCE_EVENT_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} events SEC(".maps");

#endif
