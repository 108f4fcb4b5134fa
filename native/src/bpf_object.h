/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_BPF_OBJECT_H
#define HOSTINT_BPF_OBJECT_H

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "error.h"

/* Whether closing may still run JavaScript; at the environment's end it may not. */
enum class Ending { kDeliver, kDiscard };

/* Made from an object and void without it: a link or a reader. */
class Child {
 public:
  /* Idempotent; takes itself off its ObjectState. */
  virtual void Close(Ending ending) = 0;

 protected:
  ~Child() = default;
};

/*
 * The libbpf object, shared by the JavaScript handles made from it, so that
 * none of them dangles whatever the garbage collector takes first.
 */
class ObjectState {
 public:
  ObjectState(Napi::Env env, std::string path);
  ~ObjectState();
  ObjectState(const ObjectState&) = delete;
  ObjectState& operator=(const ObjectState&) = delete;

  /* Children first, in reverse order of creation. Idempotent. */
  void Close(Ending ending);
  void Load();

  /* Throws a BpfError when closed. */
  bpf_object* Open(const Context& context) const;

  void Add(Child* child) { children_.push_back(child); }
  void Remove(Child* child);

  /* False: the map has a reader. */
  bool ClaimForReader(const std::string& map_name) { return read_maps_.insert(map_name).second; }
  void UnclaimForReader(const std::string& map_name) { read_maps_.erase(map_name); }

  const std::string& path() const { return path_; }

 private:
  Napi::Env env_;
  std::string path_;
  std::unique_ptr<char[]> kernel_log_;
  bpf_object* object_ = nullptr;
  std::vector<Child*> children_;
  std::set<std::string> read_maps_;
};

class BpfObject : public Napi::ObjectWrap<BpfObject> {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit BpfObject(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Open(const Napi::CallbackInfo& info);
  void SetMaxEntries(const Napi::CallbackInfo& info);
  void Load(const Napi::CallbackInfo& info);
  Napi::Value GetProgram(const Napi::CallbackInfo& info);
  Napi::Value GetMap(const Napi::CallbackInfo& info);
  void CloseFromScript(const Napi::CallbackInfo& info);

  std::shared_ptr<ObjectState> state_;
};

#endif
