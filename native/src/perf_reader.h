/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_PERF_READER_H
#define HOSTINT_PERF_READER_H

#include <napi.h>

#include <memory>
#include <string>

#include "bpf_object.h"
#include "perf_drain.h"

/* JavaScript's side of a PerfDrain. Like a link, an open reader keeps itself alive. */
class PerfReader : public Napi::ObjectWrap<PerfReader>, public Child {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit PerfReader(const Napi::CallbackInfo& info);
  ~PerfReader();
  void Close(Ending ending) override;

 private:
  /* Outlives the reader: a call may still be queued when the reader closes. Event loop's thread only. */
  struct Target {
    PerfReader* reader;
  };
  static void OnAnnounced(Napi::Env env, Napi::Function, Target* target, void*);
  using Announcer = Napi::TypedThreadSafeFunction<Target, void, OnAnnounced>;

  DrainOptions ReadOptions(const Napi::CallbackInfo& info, const Context& context);
  int StartDrain(Napi::Env env);
  void DeliverAnnounced();
  void CloseFromScript(const Napi::CallbackInfo& info);

  std::shared_ptr<ObjectState> state_;
  std::string map_name_;
  std::unique_ptr<PerfDrain> drain_;
  Announcer announcer_;
  Target* target_ = nullptr;
  Napi::FunctionReference on_samples_;
  Napi::ObjectReference self_;
};

#endif
