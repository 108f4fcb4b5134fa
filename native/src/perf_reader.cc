/* SPDX-License-Identifier: Apache-2.0 */
#include "perf_reader.h"

#include <cerrno>
#include <utility>

#include "addon.h"
#include "arguments.h"
#include "bpf_map.h"
#include "program.h"

namespace {

constexpr uint32_t kIntervalMaxMs = 60'000;
constexpr uint32_t kPagesMax = 1 << 18; /* 1 GiB a CPU */

void CloseAtCleanup(void* reader) {
  static_cast<PerfReader*>(reader)->Close(Ending::kDiscard);
}

template <typename Wrapped>
Wrapped& HandleArgument(const Napi::Value& value, const Napi::FunctionReference& type, const Context& context,
                        const std::string& complaint) {
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(type.Value())) {
    throw BpfError(value.Env(), context, {EINVAL, complaint});
  }
  return *Wrapped::Unwrap(value.As<Napi::Object>());
}

/* The vector becomes JavaScript's as it is: samples are copied out of the ring and never again. */
Napi::Uint8Array ToUint8Array(Napi::Env env, std::vector<uint8_t> bytes) {
  if (bytes.empty()) return Napi::Uint8Array::New(env, 0);
  auto* owned = new std::vector<uint8_t>(std::move(bytes));
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(
      env, owned->data(), owned->size(), [](Napi::Env, void*, std::vector<uint8_t>* freed) { delete freed; },
      owned);
  return Napi::Uint8Array::New(env, buffer.ByteLength(), buffer, 0);
}

/* There is no caller to throw at: what onSamples throws becomes the process's uncaughtException. */
void Deliver(Napi::Env env, const Napi::Function& on_samples, Chunk chunk) {
  if (chunk.empty()) return;
  Napi::HandleScope scope(env);
  try {
    Napi::Object argument = Napi::Object::New(env);
    argument["data"] = ToUint8Array(env, std::move(chunk.bytes));
    argument["samples"] = Napi::Number::New(env, chunk.samples);
    argument["lostSamples"] = Napi::Number::New(env, static_cast<double>(chunk.lost_samples));
    argument["flushFailures"] = Napi::Number::New(env, static_cast<double>(chunk.flush_failures));
    on_samples.Call({argument});
  } catch (const Napi::Error& error) {
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace

Napi::Function PerfReader::Define(Napi::Env env) {
  return DefineClass(env, "PerfReader", {InstanceMethod<&PerfReader::CloseFromScript>("close")});
}

PerfReader::PerfReader(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PerfReader>(info) {
  Napi::Env env = info.Env();
  const std::string operation = "read perf samples of";
  const BpfMap& map =
      HandleArgument<BpfMap>(info[0], AddonData::Of(env).map, {operation, "map"}, "map is not a BpfMap");
  state_ = map.state();
  map_name_ = map.name();
  const Context context = {operation, map_name_};
  DrainOptions options = ReadOptions(info, context);
  options.map_fd = map.Fd(context);

  /* A second reader would take the rings of the first out of the map. */
  if (!state_->ClaimForReader(map_name_))
    throw BpfError(env, context, {EBUSY, "the map has a reader already"});
  LogCapture capture;
  const int error = PerfDrain::Open(options, drain_);
  if (error) {
    state_->UnclaimForReader(map_name_);
    throw BpfError(env, context, {error, "", "", capture.text()});
  }
  self_ = Napi::Persistent(info.This().As<Napi::Object>());
  state_->Add(this);
  const int refused = StartDrain(env);
  if (refused) {
    Close(Ending::kDiscard);
    throw BpfError(env, {"start the thread that reads", map_name_}, {refused});
  }
}

PerfReader::~PerfReader() {
  Close(Ending::kDiscard);
}

DrainOptions PerfReader::ReadOptions(const Napi::CallbackInfo& info, const Context& context) {
  Napi::Env env = info.Env();
  if (!info[1].IsObject()) throw BpfError(env, context, {EINVAL, "options is not an object"});
  Napi::Object given = info[1].As<Napi::Object>();
  Napi::Value on_samples = given.Get("onSamples");
  if (!on_samples.IsFunction()) throw BpfError(env, context, {EINVAL, "onSamples is not a function"});
  on_samples_ = Napi::Persistent(on_samples.As<Napi::Function>());

  DrainOptions options = {};
  options.pages_per_cpu = IntegerArgument(given.Get("pagesPerCpu"), context, "pagesPerCpu", {1, kPagesMax});
  if ((options.pages_per_cpu & (options.pages_per_cpu - 1)) != 0) {
    throw BpfError(env, context, {EINVAL, "pagesPerCpu is not a power of 2"});
  }
  options.watermark_bytes =
      IntegerArgument(given.Get("watermarkBytes"), context, "watermarkBytes", {1, UINT32_MAX});
  options.interval_ms = IntegerArgument(given.Get("intervalMs"), context, "intervalMs", {1, kIntervalMaxMs});
  options.max_queued_bytes =
      IntegerArgument(given.Get("maxQueuedBytes"), context, "maxQueuedBytes", {1, UINT32_MAX});
  options.flush_fd = -1;
  Napi::Value flush = given.Get("flush");
  if (!flush.IsUndefined()) {
    const Program& program =
        HandleArgument<Program>(flush, AddonData::Of(env).program, context, "flush is not a Program");
    /* Its file descriptor must live as long as the reader does. */
    if (program.state() != state_) throw BpfError(env, context, {EINVAL, "flush is of another object"});
    options.flush_fd = program.Fd(context);
  }
  return options;
}

int PerfReader::StartDrain(Napi::Env env) {
  target_ = new Target{this};
  announcer_ = Announcer::New(env, "hostint perf reader", 0, 1, target_,
                              [](Napi::Env, void*, Target* target) { delete target; });
  /* After the announcer's own hook, so run before it: the thread must be gone when the announcer goes. */
  napi_add_env_cleanup_hook(env, CloseAtCleanup, this);
  return drain_->Start([announcer = announcer_] { announcer.NonBlockingCall(); });
}

void PerfReader::OnAnnounced(Napi::Env env, Napi::Function, Target* target, void*) {
  if (env != nullptr && target->reader) target->reader->DeliverAnnounced();
}

void PerfReader::DeliverAnnounced() {
  std::optional<Chunk> chunk = drain_->Take();
  if (!chunk) return;
  Napi::HandleScope scope(Env());
  [[maybe_unused]] const Napi::Object alive = self_.Value(); /* should onSamples close the reader */
  Deliver(Env(), on_samples_.Value(), std::move(*chunk));
  if (drain_) drain_->Done();
}

void PerfReader::Close(Ending ending) {
  if (!drain_) return;
  Napi::Env env = Env();
  Napi::HandleScope scope(env);
  std::unique_ptr<PerfDrain> drain = std::move(drain_);
  drain->Stop();
  std::optional<Chunk> announced = drain->Take();
  Chunk rest = drain->TakeRest();
  drain.reset();

  const Napi::Function on_samples = on_samples_.Value();
  napi_remove_env_cleanup_hook(env, CloseAtCleanup, this);
  target_->reader = nullptr;
  announcer_.Release();
  state_->UnclaimForReader(map_name_);
  state_->Remove(this);
  on_samples_.Reset();
  self_.Reset();

  /* Last, for onSamples may do anything, closing the object included. */
  if (ending == Ending::kDiscard) return;
  if (announced) Deliver(env, on_samples, std::move(*announced));
  Deliver(env, on_samples, std::move(rest));
}

void PerfReader::CloseFromScript(const Napi::CallbackInfo&) {
  Close(Ending::kDeliver);
}
