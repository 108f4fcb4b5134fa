/* SPDX-License-Identifier: Apache-2.0 */
/* Module entry. `initialize` gets the error class and returns everything else. */
#include "addon.h"

#include <bpf/libbpf.h>
#include <net/if.h>

#include <cerrno>
#include <ctime>

#include "arguments.h"
#include "bpf_map.h"
#include "bpf_object.h"
#include "error.h"
#include "layout_check.gen.h"
#include "link.h"
#include "perf_reader.h"
#include "program.h"

namespace {

Napi::Value InterfaceIndex(const Napi::CallbackInfo& info) {
  const std::string name = StringArgument(info, 0, {"find interface", ""}, "name");
  const unsigned index = if_nametoindex(name.c_str());
  if (index == 0) throw BpfError(info.Env(), {"find interface", name}, {errno});
  return Napi::Number::New(info.Env(), index);
}

Napi::Value PossibleCpus(const Napi::CallbackInfo& info) {
  const int count = libbpf_num_possible_cpus();
  if (count < 0) throw BpfError(info.Env(), {"count", "possible CPUs"}, {count});
  return Napi::Number::New(info.Env(), count);
}

Napi::Value ClockNs(const Napi::CallbackInfo& info) {
  const Context context = {"read clock", ""};
  const std::string name = StringArgument(info, 0, context, "clock");
  clockid_t clock;
  if (name == "tai") {
    clock = CLOCK_TAI;
  } else if (name == "realtime") {
    clock = CLOCK_REALTIME;
  } else if (name == "monotonic") {
    clock = CLOCK_MONOTONIC;
  } else {
    throw BpfError(info.Env(), {"read clock", name}, {EINVAL, "clock is none of tai, realtime, monotonic"});
  }
  timespec now;
  if (clock_gettime(clock, &now) != 0) throw BpfError(info.Env(), {"read clock", name}, {errno});
  return Napi::BigInt::New(info.Env(), static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec);
}

Napi::Value Initialize(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  if (!info[0].IsFunction()) throw Napi::TypeError::New(env, "initialize wants the error class");
  AddonData& data = AddonData::Of(env);
  data.error_class = Napi::Persistent(info[0].As<Napi::Function>());

  Napi::Object api = Napi::Object::New(env);
  Napi::Function object = BpfObject::Define(env);
  api["BpfObject"] = object;
  api["PerfReader"] = PerfReader::Define(env);
  api["interfaceIndex"] = Napi::Function::New(env, InterfaceIndex, "interfaceIndex");
  api["possibleCpus"] = Napi::Function::New(env, PossibleCpus, "possibleCpus");
  api["clockNs"] = Napi::Function::New(env, ClockNs, "clockNs");
  data.object = Napi::Persistent(object);
  data.program = Napi::Persistent(Program::Define(env));
  data.link = Napi::Persistent(Link::Define(env));
  data.map = Napi::Persistent(BpfMap::Define(env));
  return api;
}

Napi::Object Load(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new AddonData());
  InstallLogCapture();
  exports["initialize"] = Napi::Function::New(env, Initialize, "initialize");
  return exports;
}

}  // namespace

NODE_API_MODULE(hostint, Load)
