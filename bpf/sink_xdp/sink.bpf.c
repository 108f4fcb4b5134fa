// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * XDP: validates INT packets, accounts for them, strips the telemetry and
 * passes the packet up. On any doubt the packet goes up as it came, and the
 * reason is counted.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "abi/records.h"
#include "abi/wire.h"
#include "lib/count.h"
#include "lib/parse.h"
#include "sink_xdp/account.h"
#include "sink_xdp/maps.h"
#include "sink_xdp/report.h"
#include "sink_xdp/strip.h"
#include "sink_xdp/validate.h"

static __always_inline enum sink_outcome validate(struct xdp_md *ctx, __u16 int_port, struct int_packet *packet)
{
	struct cursor cursor = {
		.position = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
	};
	/* With frags, data_end closes only the first buffer; lengths are held against the whole frame. */
	enum sink_outcome outcome = validate_outer(&cursor, packet, int_port, bpf_xdp_get_buff_len(ctx));

	if (!outcome)
		outcome = validate_int(&cursor, packet);
	/* A probe carries nothing for the host, so there is no inner packet to judge. */
	if (!outcome && packet->discard)
		return SINK_DISCARDED;
	if (!outcome)
		outcome = validate_inner(&cursor, packet, int_port);
	return outcome;
}

SEC("xdp.frags")
int sink_xdp(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct sink_config *settings = bpf_map_lookup_elem(&config, &zero);
	struct int_packet packet = { .segments = 1 };
	enum sink_outcome outcome;
	__u64 arrival_ns;

	if (!settings)
		return XDP_PASS;
	outcome = validate(ctx, settings->int_port, &packet);
	if (!outcome) {
		arrival_ns = bpf_ktime_get_tai_ns() + settings->clock_offset_ns;
		packet.segments = count_segments(&packet);
		outcome = account(ctx, settings, &packet, arrival_ns);
		if (!outcome && strip(ctx, &packet))
			outcome = SINK_HELPER_FAILED;
	}
	count(&outcomes, outcome, packet.segments);
	return outcome == SINK_DISCARDED ? XDP_DROP : XDP_PASS;
}

/*
 * Run by the reader thread on each CPU in turn through BPF_PROG_TEST_RUN, so
 * that a part-filled batch leaves when traffic stops. An empty batch goes out
 * after a loss: its number tells user space how many records are missing.
 */
SEC("xdp.frags")
int sink_flush(struct xdp_md *ctx)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct staging *staged = bpf_map_lookup_elem(&staging, &cpu);
	struct batch *batch;

	if (!staged)
		return XDP_DROP;
	batch = &staged->batches[staged->active & 1];
	if (batch->count == 0 && !staged->unreported)
		return XDP_DROP;
	if (batch->count == 0)
		batch->first_record = staged->produced;
	staged->active = !(staged->active & 1);
	barrier();
	send_batch(ctx, staged, batch);
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
