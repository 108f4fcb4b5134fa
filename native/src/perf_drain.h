/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that empties the perf rings. No Node-API here. */
#ifndef HOSTINT_PERF_DRAIN_H
#define HOSTINT_PERF_DRAIN_H

#include <bpf/libbpf.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

/* What one hand-over to JavaScript holds. */
struct Chunk {
  std::vector<uint8_t> bytes; /* repeated: u32 cpu, u32 size, the sample, zeros up to a multiple of 8 */
  uint32_t samples = 0;
  uint64_t lost_samples = 0;   /* the ring had no room, or the queue */
  uint64_t flush_failures = 0; /* runs of the flush program that the kernel refused */

  bool empty() const { return samples == 0 && lost_samples == 0 && flush_failures == 0; }
};

struct DrainOptions {
  int map_fd;
  size_t pages_per_cpu;
  uint32_t watermark_bytes;
  uint32_t interval_ms;
  int flush_fd; /* -1: none */
  size_t max_queued_bytes;
};

/*
 * One chunk at a time is out: announced, taken, and done with. Meanwhile the
 * thread goes on draining into the next one, so a busy event loop costs
 * memory (up to max_queued_bytes) before it costs samples.
 */
class PerfDrain {
 public:
  /* Returns 0 or -errno. */
  static int Open(const DrainOptions& options, std::unique_ptr<PerfDrain>& drain);
  ~PerfDrain();
  PerfDrain(const PerfDrain&) = delete;
  PerfDrain& operator=(const PerfDrain&) = delete;

  /* `announce` is called on the drain's thread: a chunk waits to be taken. Returns 0 or -errno. */
  int Start(std::function<void()> announce);
  /* The announced chunk, once. */
  std::optional<Chunk> Take();
  /* The taken chunk has been dealt with: the next may be announced. */
  void Done();
  /* Flushes and drains a last time and joins the thread; what it found is left for TakeRest. Idempotent. */
  void Stop();
  Chunk TakeRest();

 private:
  using Clock = std::chrono::steady_clock;

  explicit PerfDrain(const DrainOptions& options);
  int OpenRings();
  static bpf_perf_event_ret OnEvent(void* drain, int cpu, perf_event_header* event);
  void AddSample(uint32_t cpu, const void* data, uint32_t size);
  void Run();
  void WaitUntil(Clock::time_point deadline);
  void Flush();
  void Publish();

  const DrainOptions options_;
  perf_buffer* rings_ = nullptr;
  int stop_event_ = -1;
  std::atomic<bool> stopping_ = false;
  std::function<void()> announce_;
  std::thread thread_;
  Chunk filling_; /* the thread's own while it runs */

  std::mutex mutex_;
  std::optional<Chunk> announced_; /* guarded by mutex_ */
  bool out_ = false;               /* guarded by mutex_: announced and not done with */
};

#endif
