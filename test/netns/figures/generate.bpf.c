// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Run with live frames (BPF_F_TEST_XDP_LIVE_FRAMES): gives each copy of a
 * stamped IPv4 frame the next sequence number and this moment as egress time,
 * and sends it out of an interface.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi/wire.h"

/* One variable: the order of several in .bss is the compiler's. */
struct {
	__u32 out_interface;
	__u32 next_sequence;
} state;

struct stamped {
	struct ethhdr ethernet;
	struct iphdr ip;
	struct udphdr udp;
	struct int_shim shim;
	struct int_md md;
	struct int_hop hop;
	struct int_sequence sequence;
} __attribute__((packed));

SEC("xdp")
int generate(struct xdp_md *ctx)
{
	struct stamped *frame = (void *)(long)ctx->data;

	if ((void *)(frame + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	frame->sequence.sequence = bpf_htonl(state.next_sequence++);
	frame->hop.egress_time_ns = bpf_cpu_to_be64(bpf_ktime_get_tai_ns());
	return bpf_redirect(state.out_interface, 0);
}

char _license[] SEC("license") = "Dual BSD/GPL";
