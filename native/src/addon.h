/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOSTINT_ADDON_H
#define HOSTINT_ADDON_H

#include <napi.h>

/* What one environment (main thread or worker) keeps. */
struct AddonData {
  Napi::FunctionReference error_class;
  Napi::FunctionReference object;
  Napi::FunctionReference program;
  Napi::FunctionReference link;
  Napi::FunctionReference map;

  static AddonData& Of(Napi::Env env) { return *env.GetInstanceData<AddonData>(); }
};

#endif
