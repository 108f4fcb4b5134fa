/* SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <bpf/libbpf.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <vector>

#include "addon.h"

namespace {

/* ENOTSUPP is the kernel's own and has no name in libc, yet BPF calls return it. */
constexpr int kKernelNotSupported = 524;

thread_local LogCapture* innermost_capture = nullptr;

int PrintToCapture(libbpf_print_level level, const char* format, va_list arguments) {
  if (!innermost_capture || level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int size = vsnprintf(nullptr, 0, format, again);
  va_end(again);
  if (size <= 0) return size;
  std::vector<char> text(static_cast<size_t>(size) + 1);
  vsnprintf(text.data(), text.size(), format, arguments);
  innermost_capture->Append(text.data(), static_cast<size_t>(size));
  return size;
}

std::string ErrorName(int error) {
  if (error == kKernelNotSupported) return "ENOTSUPP";
  const char* name = strerrorname_np(error);
  return name ? name : "LIBBPF_" + std::to_string(error);
}

std::string ErrorText(int error) {
  if (error == kKernelNotSupported) return "Not supported by this kernel";
  char text[256] = "";
  libbpf_strerror(error, text, sizeof(text)); /* knows libbpf's own codes too */
  return text;
}

}  // namespace

LogCapture::LogCapture() : outer_(innermost_capture) {
  innermost_capture = this;
}

LogCapture::~LogCapture() {
  innermost_capture = outer_;
}

void InstallLogCapture() {
  static std::once_flag once;
  std::call_once(once, [] { libbpf_set_print(PrintToCapture); });
}

Napi::Error BpfError(Napi::Env env, const Context& context, const Cause& cause) {
  const int error = std::abs(cause.error);
  Napi::Value created = AddonData::Of(env).error_class.New({
      Napi::String::New(env, context.operation),
      Napi::String::New(env, context.object),
      Napi::String::New(env, ErrorName(error)),
      Napi::Number::New(env, error),
      Napi::String::New(env, cause.text.empty() ? ErrorText(error) : cause.text),
      Napi::String::New(env, cause.kernel_log),
      Napi::String::New(env, cause.libbpf_log),
  });
  return Napi::Error(env, created);
}
