// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The XDP program that a sink is measured against: it only passes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

char _license[] SEC("license") = "Dual BSD/GPL";
