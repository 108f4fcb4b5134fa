/* SPDX-License-Identifier: Apache-2.0 */
#include "clsact.h"

#include <bpf/libbpf.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace {

bpf_tc_hook Hook(int ifindex, int attach_points) {
  LIBBPF_OPTS(bpf_tc_hook, hook);
  hook.ifindex = ifindex;
  hook.attach_point = static_cast<bpf_tc_attach_point>(attach_points);
  return hook;
}

/* Reads one dump of filters to its end. Errors count as "yes": better a qdisc too many than one too few. */
bool AnyFilterInDump(int socket_fd) {
  std::vector<char> buffer(1 << 16);
  for (;;) {
    const ssize_t received = recv(socket_fd, buffer.data(), buffer.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return true;
    auto* message = reinterpret_cast<nlmsghdr*>(buffer.data());
    for (size_t left = static_cast<size_t>(received); NLMSG_OK(message, left);
         message = NLMSG_NEXT(message, left)) {
      if (message->nlmsg_type == NLMSG_DONE) return false;
      return true;
    }
  }
}

/* libbpf can query a filter that it is told of, but not list those that others made. */
bool HasFilters(int ifindex, uint32_t block) {
  const int socket_fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (socket_fd < 0) return true;
  struct {
    nlmsghdr header;
    tcmsg body;
  } request = {};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_GETTFILTER;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request.body.tcm_family = AF_UNSPEC;
  request.body.tcm_ifindex = ifindex;
  request.body.tcm_parent = TC_H_MAKE(TC_H_CLSACT, block);
  const bool sent = send(socket_fd, &request, sizeof(request), 0) == sizeof(request);
  const bool found = !sent || AnyFilterInDump(socket_fd);
  close(socket_fd);
  return found;
}

}  // namespace

int AttachClsactEgress(int program_fd, int ifindex, ClsactFilter& filter) {
  bpf_tc_hook hook = Hook(ifindex, BPF_TC_EGRESS);
  const int created = bpf_tc_hook_create(&hook);
  if (created && created != -EEXIST) return created;

  LIBBPF_OPTS(bpf_tc_opts, options);
  options.prog_fd = program_fd;
  const int error = bpf_tc_attach(&hook, &options);
  filter = {ifindex, options.handle, options.priority, options.prog_id, created == 0};
  if (error && created == 0) {
    bpf_tc_hook whole = Hook(ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
    bpf_tc_hook_destroy(&whole);
  }
  return error;
}

bool IsClsactFilterAttached(const ClsactFilter& filter) {
  const bpf_tc_hook hook = Hook(filter.ifindex, BPF_TC_EGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options);
  options.handle = filter.handle;
  options.priority = filter.priority;
  return bpf_tc_query(&hook, &options) == 0 && options.prog_id == filter.program_id;
}

void DetachClsactEgress(const ClsactFilter& filter) {
  /* Someone may have removed ours and another may stand in its place. */
  if (!IsClsactFilterAttached(filter)) return;
  const bpf_tc_hook hook = Hook(filter.ifindex, BPF_TC_EGRESS);
  LIBBPF_OPTS(bpf_tc_opts, options);
  options.handle = filter.handle;
  options.priority = filter.priority;
  bpf_tc_detach(&hook, &options);
  if (!filter.created_qdisc) return;
  if (HasFilters(filter.ifindex, TC_H_MIN_INGRESS) || HasFilters(filter.ifindex, TC_H_MIN_EGRESS)) return;
  bpf_tc_hook whole = Hook(filter.ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
  bpf_tc_hook_destroy(&whole);
}
