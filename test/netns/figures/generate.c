/* SPDX-License-Identifier: Apache-2.0 */
/*
 * generate OBJECT INTERFACE FRAME_FILE COUNT: sends COUNT numbered copies of a
 * frame out of an interface as fast as one CPU can, by XDP in live-frame mode,
 * and prints {"packets":N,"seconds":S}.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static void fail(const char *what)
{
	fprintf(stderr, "generate: %s: %s\n", what, strerror(errno));
	exit(1);
}

static size_t read_frame(const char *path, unsigned char *frame, size_t size)
{
	FILE *file = fopen(path, "rb");
	size_t bytes;

	if (!file)
		fail(path);
	bytes = fread(frame, 1, size, file);
	fclose(file);
	return bytes;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	unsigned char frame[2048];
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_map *globals;
	__u32 values[2] = { 0, 0 }, zero = 0;
	struct xdp_md context = {};
	double begin;
	int error;

	if (argc != 5) {
		fprintf(stderr, "usage: generate OBJECT INTERFACE FRAME_FILE COUNT\n");
		return 2;
	}
	object = bpf_object__open(argv[1]);
	if (!object)
		fail("open object");
	program = bpf_object__find_program_by_name(object, "generate");
	globals = bpf_object__find_map_by_name(object, ".bss");
	if (!program || !globals || bpf_object__load(object))
		fail("load program");
	values[0] = if_nametoindex(argv[2]);
	if (!values[0] || bpf_map__value_size(globals) != sizeof(values) ||
	    bpf_map_update_elem(bpf_map__fd(globals), &zero, values, BPF_ANY))
		fail("set interface");
	context.data_end = read_frame(argv[3], frame, sizeof(frame));
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = context.data_end, .ctx_in = &context,
		    .ctx_size_in = sizeof(context), .repeat = atoi(argv[4]), .batch_size = 64,
		    .flags = 1U << 1 /* BPF_F_TEST_XDP_LIVE_FRAMES */);
	begin = seconds();
	error = bpf_prog_test_run_opts(bpf_program__fd(program), &options);
	if (error)
		fail("run");
	printf("{\"packets\":%s,\"seconds\":%.6f}\n", argv[4], seconds() - begin);
	bpf_object__close(object);
	return 0;
}
