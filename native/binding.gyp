{
  "targets": [
    {
      "target_name": "hostint",
      "sources": [
        "src/addon.cc",
        "src/arguments.cc",
        "src/bpf_map.cc",
        "src/bpf_object.cc",
        "src/clsact.cc",
        "src/error.cc",
        "src/flush_run.cc",
        "src/link.cc",
        "src/map_walk.cc",
        "src/perf_drain.cc",
        "src/perf_reader.cc",
        "src/program.cc"
      ],
      "include_dirs": [
        "../bpf/abi"
      ],
      "defines": [
        "NAPI_VERSION=8",
        "NODE_ADDON_API_CPP_EXCEPTIONS",
        # A worker that is being terminated refuses every call, throwing included: not a reason to abort the process.
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS"
      ],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17", "-std=gnu++20"],
      # -isystem: warnings are errors for our lines, not for those of node-addon-api.
      "cflags_cc": [
        "-std=gnu++17",
        "-fexceptions",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-isystem <!(node -p \"require('path').dirname(require.resolve('node-addon-api/package.json'))\")",
        "<!@(pkg-config --cflags libbpf)"
      ],
      "libraries": ["<!@(pkg-config --libs libbpf)"]
    }
  ]
}
