/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>

#include "addon.h"

namespace {

struct Arguments {
  std::shared_ptr<ObjectState> state;
  Attachment attachment;
};

const char* ModeName(LinkMode mode) {
  switch (mode) {
    case LinkMode::kNative:
      return "native";
    case LinkMode::kGeneric:
      return "generic";
    case LinkMode::kTcx:
      return "tcx";
    case LinkMode::kClsact:
      return "clsact";
  }
  return "";
}

void Detach(const Attachment& attachment) {
  if (attachment.mode == LinkMode::kClsact) {
    DetachClsactEgress(attachment.filter);
  } else {
    close(attachment.fd);
  }
}

/* The kernel cuts a link off its device when the device goes: its interface index reads 0 then. */
bool IsLinkOnDevice(int fd) {
  bpf_link_info info = {};
  uint32_t size = sizeof(info);
  if (bpf_obj_get_info_by_fd(fd, &info, &size) != 0) return false;
  /* TCX, which Debian 12's header does not know, has its index at the same place. */
  return info.xdp.ifindex != 0;
}

}  // namespace

Napi::Function Link::Define(Napi::Env env) {
  return DefineClass(env, "Link",
                     {
                         InstanceAccessor<&Link::GetMode>("mode"),
                         InstanceMethod<&Link::IsAttached>("isAttached"),
                         InstanceMethod<&Link::CloseFromScript>("close"),
                     });
}

Napi::Object Link::New(Napi::Env env, std::shared_ptr<ObjectState> state, const Attachment& attachment) {
  Arguments arguments = {std::move(state), attachment};
  try {
    return AddonData::Of(env).link.New({Napi::External<Arguments>::New(env, &arguments)});
  } catch (...) {
    Detach(attachment);
    throw;
  }
}

Link::Link(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Link>(info) {
  if (!info[0].IsExternal()) throw BpfError(info.Env(), {"create", "Link"}, {EINVAL, "use Program.attach…"});
  const Arguments& arguments = *info[0].As<Napi::External<Arguments>>().Data();
  state_ = arguments.state;
  attachment_ = arguments.attachment;
  self_ = Napi::Persistent(info.This().As<Napi::Object>());
  open_ = true;
  state_->Add(this);
}

Link::~Link() {
  Close(Ending::kDiscard);
}

void Link::Close(Ending) {
  if (!open_) return;
  open_ = false;
  state_->Remove(this);
  Detach(attachment_);
  self_.Reset();
}

void Link::CloseFromScript(const Napi::CallbackInfo&) {
  Close(Ending::kDeliver);
}

Napi::Value Link::GetMode(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), ModeName(attachment_.mode));
}

Napi::Value Link::IsAttached(const Napi::CallbackInfo& info) {
  const bool attached =
      open_ && (attachment_.mode == LinkMode::kClsact ? IsClsactFilterAttached(attachment_.filter)
                                                      : IsLinkOnDevice(attachment_.fd));
  return Napi::Boolean::New(info.Env(), attached);
}
