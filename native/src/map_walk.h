/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a whole map. No Node-API here. */
#ifndef HOSTINT_MAP_WALK_H
#define HOSTINT_MAP_WALK_H

#include <cstddef>
#include <cstdint>
#include <vector>

struct MapShape {
  int fd;
  size_t key_bytes;
  size_t value_bytes;
  uint32_t max_entries;
};

struct MapEntries {
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
  size_t count = 0;
};

/*
 * Batched where the kernel can for this type of map, else key by key. Each key
 * appears once. Entries that come or go meanwhile may be in or out. Returns 0 or -errno.
 */
int ReadEntries(const MapShape& shape, MapEntries& entries);

#endif
