// SPDX-License-Identifier: Apache-2.0
/*
 * Sends Ethernet frames as they stand: send-frames IF < frames, one frame a
 * line in hexadecimal. They pass the egress hook like any other packet.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { FRAME_MAX = 9100 };

__attribute__((noreturn)) static void fail(const char *operation, const char *object)
{
	fprintf(stderr, "send-frames: %s %s: %s\n", operation, object, strerror(errno));
	exit(1);
}

/* The frame's bytes in `frame`; 0 for a line that is no frame. */
static size_t parse_line(const char *line, uint8_t *frame)
{
	size_t bytes = 0;
	unsigned int byte;

	while (bytes < FRAME_MAX && sscanf(line + 2 * bytes, "%2x", &byte) == 1)
		frame[bytes++] = (uint8_t)byte;
	return bytes;
}

int main(int argc, char **argv)
{
	static char line[2 * FRAME_MAX + 2];
	uint8_t frame[FRAME_MAX];
	struct sockaddr_ll address = { .sll_family = AF_PACKET };
	int opened = socket(AF_PACKET, SOCK_RAW, 0);

	if (argc != 2) {
		fprintf(stderr, "usage: send-frames IF < frames\n");
		return 2;
	}
	address.sll_ifindex = (int)if_nametoindex(argv[1]);
	if (opened < 0 || !address.sll_ifindex)
		fail("open", argv[1]);
	while (fgets(line, sizeof(line), stdin)) {
		size_t bytes = parse_line(line, frame);

		if (bytes < ETH_HLEN)
			continue;
		if (sendto(opened, frame, bytes, 0, (struct sockaddr *)&address, sizeof(address)) != (ssize_t)bytes)
			fail("send on", argv[1]);
	}
	return 0;
}
