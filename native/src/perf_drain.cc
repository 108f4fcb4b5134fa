/* SPDX-License-Identifier: Apache-2.0 */
#include "perf_drain.h"

#include <linux/perf_event.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "flush_run.h"

namespace {

/* What the kernel writes into a ring, after the header. */
struct RawSample {
  perf_event_header header;
  uint32_t size;
  char data[];
};

struct LostRecord {
  perf_event_header header;
  uint64_t id;
  uint64_t lost;
};

struct SampleHead {
  uint32_t cpu;
  uint32_t size;
};

constexpr size_t kSampleAlignment = 8;

}  // namespace

PerfDrain::PerfDrain(const DrainOptions& options) : options_(options) {}

int PerfDrain::Open(const DrainOptions& options, std::unique_ptr<PerfDrain>& drain) {
  std::unique_ptr<PerfDrain> opening(new PerfDrain(options));
  const int error = opening->OpenRings();
  if (!error) drain = std::move(opening);
  return error;
}

int PerfDrain::OpenRings() {
  stop_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event_ < 0) return -errno;
  perf_event_attr attributes = {};
  attributes.size = sizeof(attributes);
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_BPF_OUTPUT;
  attributes.sample_type = PERF_SAMPLE_RAW;
  attributes.sample_period = 1;
  /* A wake-up for each event would slow the sender tenfold; the tick fetches what stays below the mark. */
  attributes.watermark = 1;
  attributes.wakeup_watermark = options_.watermark_bytes;
  rings_ = perf_buffer__new_raw(options_.map_fd, options_.pages_per_cpu, &attributes, OnEvent, this, nullptr);
  return rings_ ? 0 : -errno;
}

PerfDrain::~PerfDrain() {
  Stop();
  perf_buffer__free(rings_);
  if (stop_event_ >= 0) close(stop_event_);
}

int PerfDrain::Start(std::function<void()> announce) {
  announce_ = std::move(announce);
  /* Signals are the event loop's: none may land on this thread and interrupt its system calls. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = 0;
  try {
    thread_ = std::thread(&PerfDrain::Run, this);
  } catch (const std::system_error& refused) {
    error = -refused.code().value();
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return error;
}

void PerfDrain::Stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  eventfd_write(stop_event_, 1);
  thread_.join();
}

std::optional<Chunk> PerfDrain::Take() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(announced_, std::nullopt);
}

void PerfDrain::Done() {
  std::lock_guard<std::mutex> lock(mutex_);
  out_ = false;
}

Chunk PerfDrain::TakeRest() {
  return std::exchange(filling_, {});
}

bpf_perf_event_ret PerfDrain::OnEvent(void* context, int cpu, perf_event_header* event) {
  auto* drain = static_cast<PerfDrain*>(context);
  if (event->type == PERF_RECORD_SAMPLE) {
    auto* sample = reinterpret_cast<RawSample*>(event);
    drain->AddSample(static_cast<uint32_t>(cpu), sample->data, sample->size);
  } else if (event->type == PERF_RECORD_LOST) {
    drain->filling_.lost_samples += reinterpret_cast<LostRecord*>(event)->lost;
  }
  return LIBBPF_PERF_EVENT_CONT;
}

void PerfDrain::AddSample(uint32_t cpu, const void* data, uint32_t size) {
  std::vector<uint8_t>& bytes = filling_.bytes;
  const SampleHead head = {cpu, size};
  const size_t padding = (kSampleAlignment - size % kSampleAlignment) % kSampleAlignment;
  if (bytes.size() + sizeof(head) + size + padding > options_.max_queued_bytes) {
    filling_.lost_samples++;
    return;
  }
  const auto* head_bytes = reinterpret_cast<const uint8_t*>(&head);
  const auto* data_bytes = static_cast<const uint8_t*>(data);
  bytes.insert(bytes.end(), head_bytes, head_bytes + sizeof(head));
  bytes.insert(bytes.end(), data_bytes, data_bytes + size);
  bytes.insert(bytes.end(), padding, 0);
  filling_.samples++;
}

void PerfDrain::Run() {
  pthread_setname_np(pthread_self(), "hostint-perf");
  const auto interval = std::chrono::milliseconds(options_.interval_ms);
  Clock::time_point next_tick = Clock::now() + interval;
  while (!stopping_) {
    WaitUntil(next_tick);
    const bool tick = Clock::now() >= next_tick;
    if (tick) Flush();
    perf_buffer__consume(rings_);
    /* One hand-over a tick is cheap; an earlier one keeps a small queue from overflowing. */
    if (tick || filling_.bytes.size() > options_.max_queued_bytes / 2) Publish();
    if (tick) next_tick = std::max(next_tick + interval, Clock::now());
  }
  Flush();
  perf_buffer__consume(rings_);
}

void PerfDrain::WaitUntil(Clock::time_point deadline) {
  const auto left = std::max(deadline - Clock::now(), Clock::duration::zero());
  const auto left_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
  const timespec timeout = {left_ns / 1'000'000'000, left_ns % 1'000'000'000};
  pollfd waited[] = {{perf_buffer__epoll_fd(rings_), POLLIN, 0}, {stop_event_, POLLIN, 0}};
  ppoll(waited, 2, &timeout, nullptr);
}

void PerfDrain::Flush() {
  if (options_.flush_fd >= 0) filling_.flush_failures += RunOnEveryCpu(options_.flush_fd);
}

void PerfDrain::Publish() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (out_ || filling_.empty()) return;
    const size_t expected = filling_.bytes.size();
    announced_ = std::exchange(filling_, {});
    filling_.bytes.reserve(expected);
    out_ = true;
  }
  announce_();
}
