/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_LINK_H
#define HOSTINT_LINK_H

#include <napi.h>

#include <memory>

#include "bpf_object.h"
#include "clsact.h"

enum class LinkMode { kNative, kGeneric, kTcx, kClsact };

struct Attachment {
  LinkMode mode;
  int fd;              /* of the bpf_link; -1 with clsact */
  ClsactFilter filter; /* with clsact */
};

/*
 * An attached program. An open link keeps itself alive: a program that left
 * its interface because the garbage collector ran would be a riddle.
 */
class Link : public Napi::ObjectWrap<Link>, public Child {
 public:
  static Napi::Function Define(Napi::Env env);
  /* Takes over the attachment, also when it throws. */
  static Napi::Object New(Napi::Env env, std::shared_ptr<ObjectState> state, const Attachment& attachment);
  explicit Link(const Napi::CallbackInfo& info);
  ~Link();
  void Close(Ending ending) override;

 private:
  Napi::Value GetMode(const Napi::CallbackInfo& info);
  Napi::Value IsAttached(const Napi::CallbackInfo& info);
  void CloseFromScript(const Napi::CallbackInfo& info);

  std::shared_ptr<ObjectState> state_;
  Attachment attachment_ = {};
  bool open_ = false;
  Napi::ObjectReference self_;
};

#endif
