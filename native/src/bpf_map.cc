/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf_map.h"

#include <bpf/bpf.h>

#include <cerrno>

#include "addon.h"
#include "map_walk.h"

namespace {

struct Arguments {
  std::shared_ptr<ObjectState> state;
  bpf_map* map;
};

bool IsPerCpu(bpf_map_type type) {
  return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY ||
         type == BPF_MAP_TYPE_LRU_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

void CheckSize(Napi::Env env, const Context& context, const char* what, size_t size, size_t wanted) {
  if (size == wanted) return;
  throw BpfError(env, context,
                 {EINVAL, std::string(what) + " has " + std::to_string(size) + " bytes, the map wants " +
                              std::to_string(wanted)});
}

}  // namespace

Napi::Function BpfMap::Define(Napi::Env env) {
  return DefineClass(env, "BpfMap",
                     {
                         InstanceAccessor<&BpfMap::GetName>("name"),
                         InstanceAccessor<&BpfMap::GetKeySize>("keySize"),
                         InstanceAccessor<&BpfMap::GetValueSize>("valueSize"),
                         InstanceAccessor<&BpfMap::GetValueStride>("valueStride"),
                         InstanceAccessor<&BpfMap::GetMaxEntries>("maxEntries"),
                         InstanceAccessor<&BpfMap::GetPerCpu>("perCpu"),
                         InstanceMethod<&BpfMap::Get>("get"),
                         InstanceMethod<&BpfMap::Set>("set"),
                         InstanceMethod<&BpfMap::Delete>("delete"),
                         InstanceMethod<&BpfMap::Entries>("entries"),
                     });
}

Napi::Object BpfMap::New(Napi::Env env, std::shared_ptr<ObjectState> state, bpf_map* map) {
  Arguments arguments = {std::move(state), map};
  return AddonData::Of(env).map.New({Napi::External<Arguments>::New(env, &arguments)});
}

BpfMap::BpfMap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<BpfMap>(info) {
  if (!info[0].IsExternal()) throw BpfError(info.Env(), {"create", "BpfMap"}, {EINVAL, "use BpfObject.map"});
  const Arguments& arguments = *info[0].As<Napi::External<Arguments>>().Data();
  state_ = arguments.state;
  map_ = arguments.map;
  name_ = bpf_map__name(map_);
  key_size_ = bpf_map__key_size(map_);
  value_size_ = bpf_map__value_size(map_);
  stride_ = (static_cast<size_t>(value_size_) + 7) / 8 * 8;
  per_cpu_ = IsPerCpu(bpf_map__type(map_));
  const int cpus = libbpf_num_possible_cpus();
  if (cpus < 0) throw BpfError(info.Env(), {"count", "possible CPUs"}, {cpus});
  possible_cpus_ = static_cast<size_t>(cpus);
}

int BpfMap::Fd(const Context& context) const {
  state_->Open(context);
  const int fd = bpf_map__fd(map_);
  if (fd < 0) throw BpfError(Env(), context, {EINVAL, state_->path() + " is not loaded: call load() first"});
  return fd;
}

Bytes BpfMap::Key(const Napi::CallbackInfo& info, const Context& context) const {
  const Bytes key = BytesArgument(info[0], context, "key");
  CheckSize(info.Env(), context, "key", key.size, key_size_);
  return key;
}

Napi::Value BpfMap::Get(const Napi::CallbackInfo& info) {
  const Context context = {"get from", name_};
  const int fd = Fd(context);
  const Bytes key = Key(info, context);
  Napi::Uint8Array value = Napi::Uint8Array::New(info.Env(), ValueBytes());
  const int error = bpf_map_lookup_elem(fd, key.data, value.Data());
  if (error == -ENOENT) return info.Env().Undefined();
  if (error) throw BpfError(info.Env(), context, {error});
  return value;
}

void BpfMap::Set(const Napi::CallbackInfo& info) {
  const Context context = {"set in", name_};
  const int fd = Fd(context);
  const Bytes key = Key(info, context);
  const Bytes value = BytesArgument(info[1], context, "value");
  CheckSize(info.Env(), context, "value", value.size, ValueBytes());
  const int error = bpf_map_update_elem(fd, key.data, value.data, BPF_ANY);
  if (error) throw BpfError(info.Env(), context, {error});
}

Napi::Value BpfMap::Delete(const Napi::CallbackInfo& info) {
  const Context context = {"delete from", name_};
  const int fd = Fd(context);
  const Bytes key = Key(info, context);
  const int error = bpf_map_delete_elem(fd, key.data);
  if (error && error != -ENOENT) throw BpfError(info.Env(), context, {error});
  return Napi::Boolean::New(info.Env(), error == 0);
}

Napi::Value BpfMap::Entries(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Context context = {"read entries of", name_};
  MapEntries entries;
  const int error = ReadEntries({Fd(context), key_size_, ValueBytes(), bpf_map__max_entries(map_)}, entries);
  if (error) throw BpfError(env, context, {error});
  Napi::Object result = Napi::Object::New(env);
  result["keys"] = ToUint8Array(env, entries.keys.data(), entries.keys.size());
  result["values"] = ToUint8Array(env, entries.values.data(), entries.values.size());
  result["count"] = Napi::Number::New(env, static_cast<double>(entries.count));
  return result;
}

Napi::Value BpfMap::GetName(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), name_);
}

Napi::Value BpfMap::GetKeySize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), key_size_);
}

Napi::Value BpfMap::GetValueSize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), value_size_);
}

Napi::Value BpfMap::GetValueStride(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(stride_));
}

/* Read each time: setMaxEntries and load() change it. */
Napi::Value BpfMap::GetMaxEntries(const Napi::CallbackInfo& info) {
  state_->Open({"read max entries of", name_});
  return Napi::Number::New(info.Env(), bpf_map__max_entries(map_));
}

Napi::Value BpfMap::GetPerCpu(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), per_cpu_);
}
