/* SPDX-License-Identifier: Apache-2.0 */
#include "flush_run.h"

#include <bpf/bpf.h>
#include <sched.h>

#include <cstdio>
#include <memory>
#include <vector>

namespace {

constexpr int kCpusMax = 8192; /* the most that kernels are built for */
constexpr size_t kFrameBytes = 64;

/* cpu_set_t itself ends at 1024 CPUs. */
class CpuSet {
 public:
  CpuSet() : set_(CPU_ALLOC(kCpusMax)) {}
  ~CpuSet() { CPU_FREE(set_); }
  CpuSet(const CpuSet&) = delete;
  CpuSet& operator=(const CpuSet&) = delete;

  void SetOnly(int cpu) {
    CPU_ZERO_S(size_, set_);
    CPU_SET_S(cpu, size_, set_);
  }
  bool ReadFromThread() { return sched_getaffinity(0, size_, set_) == 0; }
  bool ApplyToThread() const { return sched_setaffinity(0, size_, set_) == 0; }

 private:
  const size_t size_ = CPU_ALLOC_SIZE(kCpusMax);
  cpu_set_t* set_;
};

/* The kernel's list form: "0-3,8". Read for every round, for CPUs come and go. */
std::vector<int> OnlineCpus() {
  std::vector<int> cpus;
  std::unique_ptr<FILE, int (*)(FILE*)> file(fopen("/sys/devices/system/cpu/online", "re"), fclose);
  int first;
  while (file && fscanf(file.get(), "%d", &first) == 1) {
    int last = first;
    if (fscanf(file.get(), "-%d", &last) != 1) last = first;
    for (int cpu = first; cpu <= last; cpu++) cpus.push_back(cpu);
    if (fgetc(file.get()) != ',') break;
  }
  return cpus;
}

bool RunHere(int program_fd) {
  const char frame[kFrameBytes] = {};
  LIBBPF_OPTS(bpf_test_run_opts, run);
  run.data_in = frame;
  run.data_size_in = sizeof(frame);
  run.repeat = 1; /* more would have the kernel patch its XDP dispatcher: 30 ms */
  return bpf_prog_test_run_opts(program_fd, &run) == 0;
}

}  // namespace

uint32_t RunOnEveryCpu(int program_fd) {
  CpuSet allowed;
  if (!allowed.ReadFromThread()) return 1;
  const std::vector<int> cpus = OnlineCpus();
  if (cpus.empty()) return 1;
  uint32_t failures = 0;
  CpuSet here;
  for (int cpu : cpus) {
    here.SetOnly(cpu);
    if (!here.ApplyToThread() || !RunHere(program_fd)) failures++;
  }
  allowed.ApplyToThread();
  return failures;
}
