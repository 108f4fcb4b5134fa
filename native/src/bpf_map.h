/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_BPF_MAP_H
#define HOSTINT_BPF_MAP_H

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <string>

#include "arguments.h"
#include "bpf_object.h"

class BpfMap : public Napi::ObjectWrap<BpfMap> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Object New(Napi::Env env, std::shared_ptr<ObjectState> state, bpf_map* map);
  explicit BpfMap(const Napi::CallbackInfo& info);

  /* Throws when the object is closed or not loaded. */
  int Fd(const Context& context) const;
  const std::string& name() const { return name_; }
  const std::shared_ptr<ObjectState>& state() const { return state_; }

 private:
  Napi::Value GetName(const Napi::CallbackInfo& info);
  Napi::Value GetKeySize(const Napi::CallbackInfo& info);
  Napi::Value GetValueSize(const Napi::CallbackInfo& info);
  Napi::Value GetValueStride(const Napi::CallbackInfo& info);
  Napi::Value GetMaxEntries(const Napi::CallbackInfo& info);
  Napi::Value GetPerCpu(const Napi::CallbackInfo& info);
  Napi::Value Get(const Napi::CallbackInfo& info);
  void Set(const Napi::CallbackInfo& info);
  Napi::Value Delete(const Napi::CallbackInfo& info);
  Napi::Value Entries(const Napi::CallbackInfo& info);

  Bytes Key(const Napi::CallbackInfo& info, const Context& context) const;
  /* Of one key: as many strides as there are possible CPUs, or the plain value. */
  size_t ValueBytes() const { return per_cpu_ ? stride_ * possible_cpus_ : value_size_; }

  std::shared_ptr<ObjectState> state_;
  bpf_map* map_ = nullptr;
  std::string name_;
  uint32_t key_size_ = 0;
  uint32_t value_size_ = 0;
  size_t stride_ = 0;
  size_t possible_cpus_ = 0;
  bool per_cpu_ = false;
};

#endif
