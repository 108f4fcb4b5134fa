// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Reads the packet without a bounds check: the verifier must refuse it. */
SEC("xdp")
int unchecked(struct xdp_md *context)
{
	return *(__u8 *)(long)context->data;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
