/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments from JavaScript, checked; each throws a BpfError with EINVAL that names the argument. */
#ifndef HOSTINT_ARGUMENTS_H
#define HOSTINT_ARGUMENTS_H

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

#include "error.h"

/* A view into a Uint8Array; valid until JavaScript runs again. */
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;
};

struct Range {
  uint32_t first;
  uint32_t last;
};

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const Context& context,
                           const char* name);
uint32_t IntegerArgument(const Napi::Value& value, const Context& context, const char* name, Range range);
Bytes BytesArgument(const Napi::Value& value, const Context& context, const char* name);

Napi::Uint8Array ToUint8Array(Napi::Env env, const void* data, size_t size);

#endif
