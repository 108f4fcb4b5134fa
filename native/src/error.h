/* SPDX-License-Identifier: Apache-2.0 */
/* From a libbpf return code to the one error class that JavaScript sees. */
#ifndef HOSTINT_ERROR_H
#define HOSTINT_ERROR_H

#include <napi.h>

#include <string>

/*
 * Collects what libbpf prints on this thread while in scope. libbpf's print
 * callback is one a process, hence the thread-local stack of captures; what
 * is printed outside of any capture is dropped, never written to stderr.
 */
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  void Append(const char* text, size_t size) { text_.append(text, size); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  LogCapture* outer_;
};

/* Installs the print callback; safe to call from every environment. */
void InstallLogCapture();

/* Where it failed: "attach xdp" to "interface 3". */
struct Context {
  std::string operation;
  std::string object;
};

struct Cause {
  int error = 0;               /* errno, positive or negative */
  std::string text = {};       /* said instead of errno's text if not empty */
  std::string kernel_log = {}; /* the verifier's */
  std::string libbpf_log = {};
};

/* A BpfError ready to throw. The class is the one that native/index.ts handed over. */
Napi::Error BpfError(Napi::Env env, const Context& context, const Cause& cause);

#endif
