// SPDX-License-Identifier: Apache-2.0
/*
 * Sends UDP datagrams in superpackets, as QUIC stacks do:
 *
 *   udp-gso ADDRESS PORT SENDS SEGMENTS BYTES [PAUSE_US]
 *
 * SENDS times SEGMENTS datagrams of BYTES each, handed to the kernel in one
 * piece (UDP_SEGMENT). Datagram n holds what the steady traffic's receiver
 * expects of number n: n as 32 bits in network order, then byte i is i plus
 * n's four bytes, mod 256.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif

__attribute__((noreturn)) static void fail(const char *operation, const char *object)
{
	fprintf(stderr, "udp-gso: %s %s: %s\n", operation, object, strerror(errno));
	exit(1);
}

static int connect_to(const char *address, const char *port)
{
	const struct addrinfo wanted = { .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
	struct addrinfo *found;
	int opened;

	if (getaddrinfo(address, port, &wanted, &found) != 0)
		fail("read address", address);
	opened = socket(found->ai_family, SOCK_DGRAM, 0);
	if (opened < 0 || connect(opened, found->ai_addr, found->ai_addrlen) < 0)
		fail("connect to", address);
	freeaddrinfo(found);
	return opened;
}

static void fill(uint8_t *datagram, size_t bytes, uint32_t number)
{
	const uint32_t network_order = htonl(number);
	const uint32_t start = number + (number >> 8) + (number >> 16) + (number >> 24);

	for (size_t i = 0; i < bytes; i++)
		datagram[i] = (uint8_t)(start + i);
	memcpy(datagram, &network_order, sizeof(network_order));
}

int main(int argc, char **argv)
{
	static uint8_t data[65536];

	if (argc < 6) {
		fprintf(stderr, "usage: udp-gso ADDRESS PORT SENDS SEGMENTS BYTES [PAUSE_US]\n");
		return 2;
	}
	const uint32_t sends = (uint32_t)atoi(argv[3]);
	const uint32_t segments = (uint32_t)atoi(argv[4]);
	const int bytes = atoi(argv[5]);
	const useconds_t pause_us = argc > 6 ? (useconds_t)atoi(argv[6]) : 0;
	const int opened = connect_to(argv[1], argv[2]);

	if (bytes < 4 || (size_t)segments * (size_t)bytes > sizeof(data)) {
		fprintf(stderr, "udp-gso: a send must hold datagrams of 4 bytes or more, 65536 bytes in all at most\n");
		return 2;
	}
	if (setsockopt(opened, SOL_UDP, UDP_SEGMENT, &bytes, sizeof(bytes)) < 0)
		fail("ask for segmentation towards", argv[1]);
	for (uint32_t send_number = 0; send_number < sends; send_number++) {
		for (uint32_t i = 0; i < segments; i++)
			fill(data + (size_t)i * (size_t)bytes, (size_t)bytes, send_number * segments + i);
		if (send(opened, data, (size_t)segments * (size_t)bytes, 0) < 0)
			fail("send to", argv[1]);
		if (pause_us > 0)
			usleep(pause_us);
	}
	return 0;
}
