// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A sender of numbered perf samples, driven by test runs. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} samples SEC(".maps");

/* Next number on each CPU; what the ring refused is numbered too. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} next_number SEC(".maps");

/* Runs of the flush program on each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} flushes SEC(".maps");

struct numbered {
	__u64 number;
	__u32 cpu;
};

SEC("xdp")
int emit(struct xdp_md *context)
{
	__u32 zero = 0;
	__u64 *next = bpf_map_lookup_elem(&next_number, &zero);
	struct numbered sample = {};

	if (!next)
		return XDP_ABORTED;
	sample.number = (*next)++;
	sample.cpu = bpf_get_smp_processor_id();
	/* 12 bytes of the 16: the padding at the end is not ours to send. */
	return bpf_perf_event_output(context, &samples, BPF_F_CURRENT_CPU, &sample, 12) ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int flush(struct xdp_md *context)
{
	__u32 zero = 0;
	__u64 *count = bpf_map_lookup_elem(&flushes, &zero);

	if (count)
		(*count)++;
	return XDP_PASS;
}

/* The kernel has no test runs for tracepoints: stands for a flush that fails. */
SEC("tp/sched/sched_switch")
int not_a_packet_program(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
