/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_FLUSH_RUN_H
#define HOSTINT_FLUSH_RUN_H

#include <cstdint>

/*
 * Runs a packet program once on each online CPU with a zero frame. The calling
 * thread moves from CPU to CPU, because BPF_PROG_TEST_RUN cannot choose one for
 * packet programs, and then back to where it may run. Returns how many runs failed.
 */
uint32_t RunOnEveryCpu(int program_fd);

#endif
