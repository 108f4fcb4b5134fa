// SPDX-License-Identifier: Apache-2.0
/*
 * A wire with known faults: joins two interfaces, holds each frame for a fixed
 * time, loses some by a seeded choice, and writes down what it did to every one.
 *
 *   relay --left IF --right IF --log FILE [--delay-us N] [--loss-per-mille N] [--seed N] [--head-bytes N]
 *
 * Numbers are for both directions, or "TO_RIGHT,TO_LEFT". Prints "ready" once
 * it forwards; ends on SIGTERM or SIGINT. Log, one line a frame:
 *
 *   INDEX DIRECTION BYTES VERDICT ARRIVAL_NS DONE_NS [HEAD]
 *
 * INDEX counts the frames of a direction from 0 in order of arrival, DIRECTION
 * is > (to the right) or <, VERDICT is forwarded, dropped (by choice), refused
 * (the interface did not take it) or abandoned (held when the relay ended).
 * Times are CLOCK_REALTIME, as the kernel stamps arrivals; DONE_NS is that of
 * the decision to send or to drop. HEAD is the frame's first bytes in
 * hexadecimal. The last line, "end TO_RIGHT TO_LEFT", says how many frames the
 * kernel dropped before the relay saw them: 0 0, or the log is void.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	TO_RIGHT,
	TO_LEFT,
	DIRECTIONS,
	FRAME_MAX = sizeof(struct virtio_net_hdr) + 65536 + 256,
	SOCKET_BUFFER_BYTES = 128 << 20,
	RECEIVE_BURST = 64,
	/* Sleeps end late by up to this much; the rest of a wait is spun away. */
	SPIN_NS = 60000,
};

struct options {
	const char *interfaces[DIRECTIONS]; /* where frames of the direction come from */
	const char *log_path;
	uint64_t delay_us[DIRECTIONS];
	uint64_t loss_per_mille[DIRECTIONS];
	uint64_t seed[DIRECTIONS];
	uint64_t head_bytes[DIRECTIONS];
};

struct frame {
	struct frame *next;
	uint64_t index;
	uint64_t arrival_ns;
	uint64_t due_ns;
	int direction;
	size_t bytes; /* with the virtio header */
	uint8_t data[];
};

struct relay {
	struct options options;
	FILE *log;
	int sockets[DIRECTIONS]; /* where frames of the direction come from */
	uint64_t next_index[DIRECTIONS];
	uint64_t random_state[DIRECTIONS];
	struct frame *first; /* by due_ns, then by arrival */
	struct frame *last;
};

static volatile sig_atomic_t ending;

static void end(int signal_number)
{
	(void)signal_number;
	ending = 1;
}

__attribute__((noreturn)) static void fail(const char *operation, const char *object)
{
	fprintf(stderr, "relay: %s %s: %s\n", operation, object, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* SplitMix64: one multiply-xorshift chain over a counter, so seeds that differ by 1 are unrelated. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t mixed = *state += 0x9e3779b97f4a7c15;

	mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
	mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
	return mixed ^ (mixed >> 31);
}

static void write_log(struct relay *relay, const struct frame *frame, const char *verdict, uint64_t done_ns)
{
	const size_t header = sizeof(struct virtio_net_hdr);
	size_t head = relay->options.head_bytes[frame->direction];

	fprintf(relay->log, "%lu %c %zu %s %lu %lu", frame->index, frame->direction == TO_RIGHT ? '>' : '<',
		frame->bytes - header, verdict, frame->arrival_ns, done_ns);
	if (head > frame->bytes - header)
		head = frame->bytes - header;
	if (head > 0)
		fputc(' ', relay->log);
	for (size_t i = 0; i < head; i++)
		fprintf(relay->log, "%02x", frame->data[header + i]);
	fputc('\n', relay->log);
}

/* Keeps frames of one due time in order of arrival. */
static void hold(struct relay *relay, struct frame *frame)
{
	struct frame **place = &relay->first;

	if (relay->last && relay->last->due_ns <= frame->due_ns)
		place = &relay->last->next;
	while (*place && (*place)->due_ns <= frame->due_ns)
		place = &(*place)->next;
	frame->next = *place;
	*place = frame;
	if (!frame->next)
		relay->last = frame;
}

static void accept_frame(struct relay *relay, int direction, const uint8_t *data, size_t bytes, uint64_t arrival_ns)
{
	const struct options *options = &relay->options;
	struct frame *frame = malloc(sizeof(*frame) + bytes);

	if (!frame)
		fail("hold", "a frame");
	frame->index = relay->next_index[direction]++;
	frame->arrival_ns = arrival_ns;
	frame->due_ns = arrival_ns + options->delay_us[direction] * 1000;
	frame->direction = direction;
	frame->bytes = bytes;
	memcpy(frame->data, data, bytes);

	if (next_random(&relay->random_state[direction]) % 1000 < options->loss_per_mille[direction]) {
		write_log(relay, frame, "dropped", now_ns());
		free(frame);
		return;
	}
	hold(relay, frame);
}

static uint64_t arrival_of(struct msghdr *message)
{
	for (struct cmsghdr *control = CMSG_FIRSTHDR(message); control; control = CMSG_NXTHDR(message, control)) {
		struct timespec stamp;

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&stamp, CMSG_DATA(control), sizeof(stamp));
		return (uint64_t)stamp.tv_sec * 1000000000 + (uint64_t)stamp.tv_nsec;
	}
	return now_ns();
}

/* Takes what has arrived in one direction, a burst at most, so that neither direction starves the other. */
static void receive(struct relay *relay, int direction)
{
	static uint8_t data[FRAME_MAX];

	for (int i = 0; i < RECEIVE_BURST; i++) {
		uint8_t control[CMSG_SPACE(sizeof(struct timespec))];
		struct iovec part = { .iov_base = data, .iov_len = sizeof(data) };
		struct msghdr message = {
			.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
		};
		ssize_t bytes = recvmsg(relay->sockets[direction], &message, MSG_DONTWAIT);

		if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (bytes < 0)
			fail("receive from", relay->options.interfaces[direction]);
		accept_frame(relay, direction, data, (size_t)bytes, arrival_of(&message));
	}
}

static void send_due(struct relay *relay)
{
	while (relay->first && relay->first->due_ns <= now_ns()) {
		struct frame *frame = relay->first;
		int towards = relay->sockets[frame->direction == TO_RIGHT ? TO_LEFT : TO_RIGHT];
		/* Before sending: the other host may have it before send() returns. */
		uint64_t done_ns = now_ns();
		ssize_t sent = send(towards, frame->data, frame->bytes, 0);

		relay->first = frame->next;
		if (!relay->first)
			relay->last = NULL;
		write_log(relay, frame, sent == (ssize_t)frame->bytes ? "forwarded" : "refused", done_ns);
		free(frame);
	}
}

/* Sleeps until a frame arrives or the next one is almost due. */
static void wait_for_work(const struct relay *relay)
{
	struct pollfd events[DIRECTIONS] = { { .fd = relay->sockets[TO_RIGHT], .events = POLLIN },
					     { .fd = relay->sockets[TO_LEFT], .events = POLLIN } };
	struct timespec timeout = { .tv_sec = 1 };

	if (relay->first) {
		int64_t left_ns = (int64_t)(relay->first->due_ns - now_ns()) - SPIN_NS;

		if (left_ns <= 0)
			return;
		timeout = (struct timespec){ .tv_sec = left_ns / 1000000000, .tv_nsec = left_ns % 1000000000 };
	}
	if (ppoll(events, DIRECTIONS, &timeout, NULL) < 0 && errno != EINTR)
		fail("wait for", "frames");
}

static void set_option(int socket_fd, int level, int name, const void *value, socklen_t bytes, const char *object)
{
	if (setsockopt(socket_fd, level, name, value, bytes) < 0)
		fail("set a socket option on", object);
}

static int open_interface(const char *interface)
{
	const int one = 1;
	const int buffer = SOCKET_BUFFER_BYTES;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	struct packet_mreq everything = { .mr_ifindex = address.sll_ifindex, .mr_type = PACKET_MR_PROMISC };
	/* Protocol 0: nothing is received before bind has said from where. */
	int opened = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (!address.sll_ifindex || opened < 0)
		fail("open", interface);
	/* With the virtio header the kernel tells and takes unfinished checksums and superpackets. */
	set_option(opened, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one), interface);
	set_option(opened, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one), interface);
	set_option(opened, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer), interface);
	set_option(opened, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer), interface);
	set_option(opened, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one), interface);
	set_option(opened, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &everything, sizeof(everything), interface);
	if (bind(opened, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail("bind to", interface);
	return opened;
}

static uint32_t kernel_drops(int opened)
{
	struct tpacket_stats stats = { 0 };
	socklen_t bytes = sizeof(stats);

	if (getsockopt(opened, SOL_PACKET, PACKET_STATISTICS, &stats, &bytes) < 0)
		fail("read statistics of", "a socket");
	return stats.tp_drops;
}

static void parse_pair(const char *name, const char *text, uint64_t pair[DIRECTIONS])
{
	char rest;
	int fields = sscanf(text, "%lu,%lu%c", &pair[TO_RIGHT], &pair[TO_LEFT], &rest);

	if (fields == 1 && !strchr(text, ','))
		pair[TO_LEFT] = pair[TO_RIGHT];
	else if (fields != 2) {
		fprintf(stderr, "relay: --%s wants N or N,N and not %s\n", name, text);
		exit(2);
	}
}

static struct options parse_options(int argc, char **argv)
{
	struct options options = { .seed = { 1, 2 } };
	/* Impairments, each a pair of numbers: a new one is a line here and its place in accept_frame. */
	const struct {
		const char *name;
		uint64_t *pair;
	} numbers[] = {
		{ "delay-us", options.delay_us },
		{ "loss-per-mille", options.loss_per_mille },
		{ "seed", options.seed },
		{ "head-bytes", options.head_bytes },
	};
	const struct {
		const char *name;
		const char **text;
	} names[] = {
		{ "left", &options.interfaces[TO_RIGHT] },
		{ "right", &options.interfaces[TO_LEFT] },
		{ "log", &options.log_path },
	};

	for (int i = 1; i < argc; i += 2) {
		int known = 0;

		for (size_t j = 0; j < sizeof(numbers) / sizeof(numbers[0]); j++) {
			if (i + 1 < argc && !strncmp(argv[i], "--", 2) && !strcmp(argv[i] + 2, numbers[j].name)) {
				parse_pair(numbers[j].name, argv[i + 1], numbers[j].pair);
				known = 1;
			}
		}
		for (size_t j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			if (i + 1 < argc && !strncmp(argv[i], "--", 2) && !strcmp(argv[i] + 2, names[j].name)) {
				*names[j].text = argv[i + 1];
				known = 1;
			}
		}
		if (!known) {
			fprintf(stderr, "relay: option %s is unknown or has no value\n", argv[i]);
			exit(2);
		}
	}
	if (!options.interfaces[TO_RIGHT] || !options.interfaces[TO_LEFT] || !options.log_path) {
		fprintf(stderr, "relay: --left, --right and --log are needed\n");
		exit(2);
	}
	return options;
}

int main(int argc, char **argv)
{
	struct relay relay = { .options = parse_options(argc, argv) };
	struct sigaction action = { .sa_handler = end };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	prctl(PR_SET_TIMERSLACK, 1UL);
	relay.log = fopen(relay.options.log_path, "w");
	if (!relay.log)
		fail("write", relay.options.log_path);
	for (int direction = 0; direction < DIRECTIONS; direction++) {
		relay.sockets[direction] = open_interface(relay.options.interfaces[direction]);
		relay.random_state[direction] = relay.options.seed[direction];
	}
	puts("ready");
	fflush(stdout);

	while (!ending) {
		wait_for_work(&relay);
		receive(&relay, TO_RIGHT);
		receive(&relay, TO_LEFT);
		send_due(&relay);
	}
	for (struct frame *frame = relay.first; frame; frame = frame->next)
		write_log(&relay, frame, "abandoned", now_ns());
	fprintf(relay.log, "end %u %u\n", kernel_drops(relay.sockets[TO_RIGHT]), kernel_drops(relay.sockets[TO_LEFT]));
	return fclose(relay.log) == 0 ? 0 : 1;
}
