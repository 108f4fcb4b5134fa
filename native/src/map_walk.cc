/* SPDX-License-Identifier: Apache-2.0 */
#include "map_walk.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <unordered_set>

namespace {

constexpr uint32_t kFirstBatch = 1024;

/* Kernel: this type of map has no batch operation (ENOTSUPP is 524), or gave up on a busy one. */
bool WantsKeyByKey(int error) {
  return error == -524 || error == -EOPNOTSUPP || error == -EINVAL || error == -EINTR;
}

int ReadBatched(const MapShape& shape, MapEntries& entries) {
  /* The position token is a bucket's number (4 bytes) in hashes, a key elsewhere. */
  std::vector<uint8_t> position(std::max<size_t>(shape.key_bytes, 4));
  std::vector<uint8_t> next_position(position.size());
  uint32_t batch = kFirstBatch;
  bool first = true;
  for (;;) {
    entries.keys.resize((entries.count + batch) * shape.key_bytes);
    entries.values.resize((entries.count + batch) * shape.value_bytes);
    uint32_t count = batch;
    const int error =
        bpf_map_lookup_batch(shape.fd, first ? nullptr : position.data(), next_position.data(),
                             entries.keys.data() + entries.count * shape.key_bytes,
                             entries.values.data() + entries.count * shape.value_bytes, &count, nullptr);
    if (error == -ENOSPC) { /* a bucket holds more entries than fit */
      batch *= 2;
      continue;
    }
    if (error && error != -ENOENT) return error;
    entries.count += count;
    if (error == -ENOENT) return 0;
    first = false;
    position.swap(next_position);
  }
}

/*
 * The kernel begins anew when the key it should go on from has been deleted.
 * Keys met again are skipped, and the steps are bounded for the case that deletions go on.
 */
int ReadKeyByKey(const MapShape& shape, MapEntries& entries) {
  std::unordered_set<std::string> seen;
  std::string key(shape.key_bytes, '\0');
  std::string next(shape.key_bytes, '\0');
  std::vector<uint8_t> value(shape.value_bytes);
  const uint64_t steps_max = 4 * static_cast<uint64_t>(shape.max_entries) + 4;
  for (uint64_t step = 0; step < steps_max; step++) {
    const int ended = bpf_map_get_next_key(shape.fd, step == 0 ? nullptr : key.data(), next.data());
    if (ended == -ENOENT) return 0;
    if (ended) return ended;
    key = next;
    if (seen.count(key)) continue;
    const int missing = bpf_map_lookup_elem(shape.fd, key.data(), value.data());
    if (missing == -ENOENT) continue;
    if (missing) return missing;
    seen.insert(key);
    entries.keys.insert(entries.keys.end(), key.begin(), key.end());
    entries.values.insert(entries.values.end(), value.begin(), value.end());
    entries.count++;
  }
  return 0;
}

}  // namespace

int ReadEntries(const MapShape& shape, MapEntries& entries) {
  int error = ReadBatched(shape, entries);
  if (WantsKeyByKey(error)) {
    entries = {};
    error = ReadKeyByKey(shape, entries);
  }
  entries.keys.resize(entries.count * shape.key_bytes);
  entries.values.resize(entries.count * shape.value_bytes);
  return error;
}
