/* SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <cerrno>
#include <cmath>
#include <cstring>

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const Context& context,
                           const char* name) {
  if (!info[index].IsString()) {
    throw BpfError(info.Env(), context, {EINVAL, std::string(name) + " is not a string"});
  }
  std::string text = info[index].As<Napi::String>();
  /* libbpf would see only what stands before it. */
  if (text.find('\0') != std::string::npos) {
    throw BpfError(info.Env(), context, {EINVAL, std::string(name) + " contains a zero byte"});
  }
  return text;
}

uint32_t IntegerArgument(const Napi::Value& value, const Context& context, const char* name, Range range) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= range.first && number <= range.last) || number != std::floor(number)) {
    throw BpfError(value.Env(), context,
                   {EINVAL, std::string(name) + " is not an integer from " + std::to_string(range.first) +
                                " to " + std::to_string(range.last)});
  }
  return static_cast<uint32_t>(number);
}

Bytes BytesArgument(const Napi::Value& value, const Context& context, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    throw BpfError(value.Env(), context, {EINVAL, std::string(name) + " is not a Uint8Array"});
  }
  Napi::Uint8Array array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

Napi::Uint8Array ToUint8Array(Napi::Env env, const void* data, size_t size) {
  Napi::Uint8Array array = Napi::Uint8Array::New(env, size);
  if (size > 0) memcpy(array.Data(), data, size);
  return array;
}
