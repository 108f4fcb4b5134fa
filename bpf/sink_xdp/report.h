/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stages one record a packet on this CPU and sends them batch by batch. */
#ifndef HOSTINT_SINK_REPORT_H
#define HOSTINT_SINK_REPORT_H

#include "lib/count.h"
#include "sink_xdp/maps.h"

enum { BATCH_HEAD_BYTES = __builtin_offsetof(struct batch, records) };

static __always_inline void send_batch(struct xdp_md *ctx, struct staging *staged, struct batch *batch)
{
	__u32 records = batch->count;
	__u32 size;

	if (records > BATCH_RECORDS)
		records = BATCH_RECORDS;
	size = BATCH_HEAD_BYTES + records * sizeof(struct record);
	batch->header.version = ABI_VERSION;
	batch->header.kind = SAMPLE_KIND_BATCH;
	batch->header.size = size;
	count_shared(&events, SINK_EVENT_RECORDS, records);
	batch->cpu = bpf_get_smp_processor_id();
	if (bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, batch, size) == 0) {
		staged->unreported = 0;
	} else {
		staged->unreported = 1;
		count_shared(&events, SINK_EVENT_RECORDS_LOST, records);
	}
	batch->count = 0;
}

static __always_inline void stage_record(struct xdp_md *ctx, const struct record *record)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct staging *staged = bpf_map_lookup_elem(&staging, &cpu);
	struct batch *batch;
	__u32 at;

	if (!staged) {
		count_shared(&events, SINK_EVENT_RECORDS_LOST, 1);
		return;
	}
	batch = &staged->batches[staged->active & 1];
	at = batch->count;
	if (at >= BATCH_RECORDS)
		at = 0; /* cannot be: a full batch was sent and emptied */
	if (at == 0)
		batch->first_record = staged->produced;
	batch->records[at] = *record;
	batch->count = at + 1;
	staged->produced++;
	if (at + 1 == BATCH_RECORDS)
		send_batch(ctx, staged, batch);
}

/* Tells user space whom the records with this flow's number are about. */
static __always_inline void announce_flow(struct xdp_md *ctx, const struct flow_key *key, const struct sink_flow *flow)
{
	struct flow_sample sample = {
		.header = {
			.version = ABI_VERSION,
			.kind = SAMPLE_KIND_FLOW,
			.size = sizeof(sample),
		},
		.key = *key,
		.flow_id = flow->flow_id,
		.source_node_id = flow->source_node_id,
		.interface_index = flow->interface_index,
	};

	if (bpf_perf_event_output(ctx, &samples, BPF_F_CURRENT_CPU, &sample, sizeof(sample)))
		count(&events, SINK_EVENT_FLOW_SAMPLES_LOST, 1);
}

#endif
