// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Names every shared type once, so that the compiler describes it in BTF, from
 * which the TypeScript readers are generated. Never loaded. Two unions tell the
 * generator which types cross which border, and in which order to print them.
 */
#include "wire.h"
#include "records.h"

union wire_types {
	struct int_shim int_shim;
	enum int_shim_field int_shim_field;
	struct int_md int_md;
	enum int_md_field int_md_field;
	enum int_instruction int_instruction;
	enum int_hostint int_hostint;
	struct int_hop int_hop;
	struct int_sequence int_sequence;
	struct int_superpacket int_superpacket;
} wire_types;

union record_types {
	enum abi_limit abi_limit;
	struct flow_key flow_key;
	struct prefix_key prefix_key;
	struct prefix_value prefix_value;
	struct port_range port_range;
	struct source_config source_config;
	struct source_flow source_flow;
	struct sink_config sink_config;
	struct sink_flow sink_flow;
	enum sample_kind sample_kind;
	struct sample_header sample_header;
	struct flow_sample flow_sample;
	struct record record;
	enum record_flag record_flag;
	struct batch batch;
	struct staging staging;
	enum source_outcome source_outcome;
	enum source_flow_outcome source_flow_outcome;
	enum sink_outcome sink_outcome;
	enum sink_event sink_event;
	enum source_event source_event;
} record_types;
