/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_PROGRAM_H
#define HOSTINT_PROGRAM_H

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <string>

#include "bpf_object.h"

class Program : public Napi::ObjectWrap<Program> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Object New(Napi::Env env, std::shared_ptr<ObjectState> state, bpf_program* program);
  explicit Program(const Napi::CallbackInfo& info);

  /* Of the loaded program; throws when its object is closed or not loaded. */
  int Fd(const Context& context) const;
  const std::shared_ptr<ObjectState>& state() const { return state_; }

 private:
  Napi::Value GetName(const Napi::CallbackInfo& info);
  Napi::Value AttachXdp(const Napi::CallbackInfo& info);
  Napi::Value AttachTcEgress(const Napi::CallbackInfo& info);
  Napi::Value TestRun(const Napi::CallbackInfo& info);

  std::shared_ptr<ObjectState> state_;
  bpf_program* program_ = nullptr;
  std::string name_;
};

#endif
