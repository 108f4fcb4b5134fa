/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf_object.h"

#include <algorithm>
#include <cerrno>

#include "addon.h"
#include "arguments.h"
#include "bpf_map.h"
#include "program.h"

namespace {

/* The kernel fails a load with ENOSPC if its log does not fit. Untouched pages of this cost nothing. */
constexpr size_t kKernelLogBytes = 16 << 20;

void CloseAtCleanup(void* state) {
  static_cast<ObjectState*>(state)->Close(Ending::kDiscard);
}

bpf_map* FindMap(Napi::Env env, const ObjectState& state, const Context& context) {
  bpf_map* map = bpf_object__find_map_by_name(state.Open(context), context.object.c_str());
  if (!map) throw BpfError(env, context, {ENOENT, "no such map in " + state.path()});
  return map;
}

}  // namespace

ObjectState::ObjectState(Napi::Env env, std::string path)
    : env_(env), path_(std::move(path)), kernel_log_(new char[kKernelLogBytes]) {
  kernel_log_[0] = '\0';
  LogCapture capture;
  LIBBPF_OPTS(bpf_object_open_opts, options);
  options.kernel_log_buf = kernel_log_.get();
  options.kernel_log_size = kKernelLogBytes;
  object_ = bpf_object__open_file(path_.c_str(), &options);
  if (!object_) throw BpfError(env, {"open", path_}, {errno, "", "", capture.text()});
  napi_add_env_cleanup_hook(env_, CloseAtCleanup, this);
}

ObjectState::~ObjectState() {
  Close(Ending::kDiscard);
}

void ObjectState::Close(Ending ending) {
  while (!children_.empty()) children_.back()->Close(ending);
  if (!object_) return; /* also when a reader's last samples made JavaScript close it */
  bpf_object__close(object_);
  object_ = nullptr;
  kernel_log_.reset();
  napi_remove_env_cleanup_hook(env_, CloseAtCleanup, this);
}

void ObjectState::Load() {
  bpf_object* object = Open({"load", path_});
  LogCapture capture;
  const int error = bpf_object__load(object);
  if (error) throw BpfError(env_, {"load", path_}, {error, "", kernel_log_.get(), capture.text()});
}

bpf_object* ObjectState::Open(const Context& context) const {
  if (!object_) throw BpfError(env_, context, {EBADF, path_ + " is closed"});
  return object_;
}

void ObjectState::Remove(Child* child) {
  children_.erase(std::remove(children_.begin(), children_.end(), child), children_.end());
}

Napi::Function BpfObject::Define(Napi::Env env) {
  return DefineClass(env, "BpfObject",
                     {
                         StaticMethod<&BpfObject::Open>("open"),
                         InstanceMethod<&BpfObject::SetMaxEntries>("setMaxEntries"),
                         InstanceMethod<&BpfObject::Load>("load"),
                         InstanceMethod<&BpfObject::GetProgram>("program"),
                         InstanceMethod<&BpfObject::GetMap>("map"),
                         InstanceMethod<&BpfObject::CloseFromScript>("close"),
                     });
}

BpfObject::BpfObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BpfObject>(info) {
  state_ = std::make_shared<ObjectState>(info.Env(), StringArgument(info, 0, {"open", ""}, "path"));
}

Napi::Value BpfObject::Open(const Napi::CallbackInfo& info) {
  return AddonData::Of(info.Env()).object.New({info[0]});
}

void BpfObject::SetMaxEntries(const Napi::CallbackInfo& info) {
  const std::string operation = "set max entries";
  const Context context = {operation, StringArgument(info, 0, {operation, ""}, "mapName")};
  const uint32_t count = IntegerArgument(info[1], context, "n", {1, UINT32_MAX});
  const int error = bpf_map__set_max_entries(FindMap(info.Env(), *state_, context), count);
  if (error == -EBUSY) throw BpfError(info.Env(), context, {error, "the object is loaded already"});
  if (error) throw BpfError(info.Env(), context, {error});
}

void BpfObject::Load(const Napi::CallbackInfo&) {
  state_->Load();
}

Napi::Value BpfObject::GetProgram(const Napi::CallbackInfo& info) {
  const std::string operation = "find program";
  const Context context = {operation, StringArgument(info, 0, {operation, ""}, "name")};
  bpf_program* program = bpf_object__find_program_by_name(state_->Open(context), context.object.c_str());
  if (!program) throw BpfError(info.Env(), context, {ENOENT, "no such program in " + state_->path()});
  return Program::New(info.Env(), state_, program);
}

Napi::Value BpfObject::GetMap(const Napi::CallbackInfo& info) {
  const std::string operation = "find map";
  const Context context = {operation, StringArgument(info, 0, {operation, ""}, "name")};
  return BpfMap::New(info.Env(), state_, FindMap(info.Env(), *state_, context));
}

void BpfObject::CloseFromScript(const Napi::CallbackInfo&) {
  state_->Close(Ending::kDeliver);
}
