/* SPDX-License-Identifier: Apache-2.0 */
/* A TC egress filter on the clsact qdisc, for kernels before TCX. No Node-API here. */
#ifndef HOSTINT_CLSACT_H
#define HOSTINT_CLSACT_H

#include <cstdint>

struct ClsactFilter {
  int ifindex = 0;
  uint32_t handle = 0;
  uint32_t priority = 0;
  uint32_t program_id = 0;
  bool created_qdisc = false;
};

/* Lets the kernel choose handle and priority, so that other filters stay. Returns 0 or -errno. */
int AttachClsactEgress(int program_fd, int ifindex, ClsactFilter& filter);

bool IsClsactFilterAttached(const ClsactFilter& filter);

/* Also removes the qdisc if it came with this filter and holds no other. */
void DetachClsactEgress(const ClsactFilter& filter);

#endif
