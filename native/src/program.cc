/* SPDX-License-Identifier: Apache-2.0 */
#include "program.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "addon.h"
#include "arguments.h"
#include "link.h"

namespace {

/* Debian 12's linux/bpf.h is older than TCX (kernel 6.6). */
constexpr auto kTcxEgress = static_cast<bpf_attach_type>(47);

/* A program may grow its packet, up to what IP's length field holds. */
constexpr size_t kGrowthBytes = 1 << 16;
/* More than any context structure; the kernel returns its own size. */
constexpr size_t kContextBytes = 1024;

struct Arguments {
  std::shared_ptr<ObjectState> state;
  bpf_program* program;
};

Range InterfaceRange() {
  return {1, INT32_MAX};
}

std::string Device(uint32_t ifindex) {
  return "interface " + std::to_string(ifindex);
}

/* nullopt: this kernel has no TCX. */
std::optional<Attachment> AttachTcx(Napi::Env env, int program_fd, uint32_t ifindex, const Context& context) {
  LogCapture capture;
  const int fd = bpf_link_create(program_fd, static_cast<int>(ifindex), kTcxEgress, nullptr);
  if (fd >= 0) return Attachment{LinkMode::kTcx, fd, {}};
  if (fd == -EINVAL || fd == -EOPNOTSUPP) return std::nullopt;
  throw BpfError(env, context, {fd, "", "", capture.text()});
}

Attachment AttachClsact(Napi::Env env, int program_fd, uint32_t ifindex, const Context& context) {
  LogCapture capture;
  ClsactFilter filter;
  const int error = AttachClsactEgress(program_fd, static_cast<int>(ifindex), filter);
  if (error) throw BpfError(env, context, {error, "", "", capture.text()});
  return {LinkMode::kClsact, -1, filter};
}

}  // namespace

Napi::Function Program::Define(Napi::Env env) {
  return DefineClass(env, "Program",
                     {
                         InstanceAccessor<&Program::GetName>("name"),
                         InstanceMethod<&Program::AttachXdp>("attachXdp"),
                         InstanceMethod<&Program::AttachTcEgress>("attachTcEgress"),
                         InstanceMethod<&Program::TestRun>("testRun"),
                     });
}

Napi::Object Program::New(Napi::Env env, std::shared_ptr<ObjectState> state, bpf_program* program) {
  Arguments arguments = {std::move(state), program};
  return AddonData::Of(env).program.New({Napi::External<Arguments>::New(env, &arguments)});
}

Program::Program(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Program>(info) {
  if (!info[0].IsExternal())
    throw BpfError(info.Env(), {"create", "Program"}, {EINVAL, "use BpfObject.program"});
  const Arguments& arguments = *info[0].As<Napi::External<Arguments>>().Data();
  state_ = arguments.state;
  program_ = arguments.program;
  name_ = bpf_program__name(program_);
}

int Program::Fd(const Context& context) const {
  state_->Open(context);
  const int fd = bpf_program__fd(program_);
  if (fd < 0) throw BpfError(Env(), context, {EINVAL, state_->path() + " is not loaded: call load() first"});
  return fd;
}

Napi::Value Program::GetName(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), name_);
}

Napi::Value Program::AttachXdp(const Napi::CallbackInfo& info) {
  const std::string operation = "attach " + name_ + " as XDP to";
  const uint32_t ifindex = IntegerArgument(info[0], {operation, "interface"}, "ifindex", InterfaceRange());
  const Context context = {operation, Device(ifindex)};
  const std::string mode = StringArgument(info, 1, context, "mode");
  if (mode != "native" && mode != "generic") {
    throw BpfError(info.Env(), context, {EINVAL, "mode is neither native nor generic"});
  }
  const bool native = mode == "native";
  const int program_fd = Fd(context);

  LogCapture capture;
  LIBBPF_OPTS(bpf_link_create_opts, options);
  options.flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE;
  int fd = bpf_link_create(program_fd, static_cast<int>(ifindex), BPF_XDP, &options);
  char name[IF_NAMESIZE];
  if (fd == -EINVAL && !if_indextoname(ifindex, name)) fd = -ENODEV; /* TCX and clsact say so themselves */
  if (fd < 0) throw BpfError(info.Env(), context, {fd, "", "", capture.text()});
  return Link::New(info.Env(), state_, {native ? LinkMode::kNative : LinkMode::kGeneric, fd, {}});
}

Napi::Value Program::AttachTcEgress(const Napi::CallbackInfo& info) {
  const std::string operation = "attach " + name_ + " to TC egress of";
  const uint32_t ifindex = IntegerArgument(info[0], {operation, "interface"}, "ifindex", InterfaceRange());
  const Context context = {operation, Device(ifindex)};
  std::string mode = "auto";
  if (info[1].IsObject()) {
    Napi::Value wanted = info[1].As<Napi::Object>().Get("mode");
    if (!wanted.IsUndefined()) mode = wanted.ToString();
  }
  if (mode != "auto" && mode != "tcx" && mode != "clsact") {
    throw BpfError(info.Env(), context, {EINVAL, "mode is none of auto, tcx, clsact"});
  }
  const int program_fd = Fd(context);

  std::optional<Attachment> attachment;
  if (mode != "clsact") attachment = AttachTcx(info.Env(), program_fd, ifindex, context);
  if (!attachment && mode == "tcx") {
    throw BpfError(info.Env(), context, {EOPNOTSUPP, "this kernel has no TCX (Linux 6.6 brought it)"});
  }
  if (!attachment) attachment = AttachClsact(info.Env(), program_fd, ifindex, context);
  return Link::New(info.Env(), state_, *attachment);
}

Napi::Value Program::TestRun(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  const Context context = {"run", name_};
  const int fd = Fd(context);
  const Bytes data = BytesArgument(info[0], context, "data");
  Bytes given_context;
  uint32_t repeat = 1;
  if (info[1].IsObject()) {
    Napi::Object options = info[1].As<Napi::Object>();
    Napi::Value wanted_repeat = options.Get("repeat");
    if (!wanted_repeat.IsUndefined())
      repeat = IntegerArgument(wanted_repeat, context, "repeat", {1, INT32_MAX});
    Napi::Value wanted_context = options.Get("context");
    if (!wanted_context.IsUndefined()) given_context = BytesArgument(wanted_context, context, "context");
  }

  const size_t data_capacity = data.size + kGrowthBytes;
  const size_t context_capacity = std::max(given_context.size, kContextBytes);
  std::unique_ptr<uint8_t[]> data_out(new uint8_t[data_capacity]);
  std::unique_ptr<uint8_t[]> context_out(new uint8_t[context_capacity]);
  LIBBPF_OPTS(bpf_test_run_opts, run);
  run.data_in = data.data;
  run.data_size_in = static_cast<uint32_t>(data.size);
  run.data_out = data_out.get();
  run.data_size_out = static_cast<uint32_t>(data_capacity);
  run.repeat = static_cast<int>(repeat);
  if (given_context.size > 0) {
    run.ctx_in = given_context.data;
    run.ctx_size_in = static_cast<uint32_t>(given_context.size);
    run.ctx_out = context_out.get();
    run.ctx_size_out = static_cast<uint32_t>(context_capacity);
  }
  const int error = bpf_prog_test_run_opts(fd, &run);
  if (error) throw BpfError(env, context, {error});

  Napi::Object result = Napi::Object::New(env);
  result["returnValue"] = Napi::Number::New(env, run.retval);
  result["data"] = ToUint8Array(env, data_out.get(), run.data_size_out);
  result["context"] = ToUint8Array(env, context_out.get(), run.ctx_size_out);
  result["durationNs"] = Napi::Number::New(env, run.duration);
  return result;
}
