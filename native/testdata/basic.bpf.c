// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs and maps for the addon's tests. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16);
	__type(key, __u32);
	__uint(value_size, 12);
} per_cpu_numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} slots SEC(".maps");

struct prefix {
	__u32 bits;
	__u8 address[4];
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16);
	__type(key, struct prefix);
	__type(value, __u32);
} prefixes SEC(".maps");

/* A type of map without batch operations: read key by key. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u32);
} devices SEC(".maps");

/* Packets seen by tc_pass (0) and xdp_pass (1). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

static void count_seen(__u32 slot)
{
	__u64 *count = bpf_map_lookup_elem(&seen, &slot);

	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("xdp.frags")
int xdp_pass(struct xdp_md *context)
{
	count_seen(1);
	return XDP_PASS;
}

SEC("xdp.frags")
int xdp_drop(struct xdp_md *context)
{
	return XDP_DROP;
}

/* Writes the first byte, cuts the last two. */
SEC("xdp")
int xdp_edit(struct xdp_md *context)
{
	__u8 *data = (__u8 *)(long)context->data;

	if (data + 1 > (__u8 *)(long)context->data_end)
		return XDP_ABORTED;
	data[0] = 0xab;
	return bpf_xdp_adjust_tail(context, -2) ? XDP_ABORTED : XDP_PASS;
}

/* Answers in its context. */
SEC("tc")
int tc_context(struct __sk_buff *skb)
{
	skb->cb[0] = skb->cb[0] + 1;
	skb->mark = 0x77;
	return TC_ACT_OK;
}

SEC("tc")
int tc_pass(struct __sk_buff *skb)
{
	count_seen(0);
	return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
