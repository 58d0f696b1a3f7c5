// The memory cache: freed blocks are kept by size and reused.
#pragma once

#include <cstdint>

namespace weft {

struct MemoryStats {
  int64_t in_use;        ///< bytes held by tensors
  int64_t cached;        ///< bytes kept for reuse
  int64_t peak;          ///< largest in_use + cached so far
  int64_t system_calls;  ///< number of allocations from the system
};
/// The state of the process's memory cache.
MemoryStats memory_stats();
/// Returns the kept blocks to the system.
void release_cached_memory();

/// The largest allocation of a single tensor, in bytes; by default all memory and swap space of the machine. A larger
/// one throws OutOfMemoryError.
int64_t allocation_limit();
/// Sets the limit; 0 restores the default. Throws ValueError for negative values.
void set_allocation_limit(int64_t bytes);

namespace detail {
struct Block {
  void* data;
  int64_t bytes;
};
/// A block of at least `bytes`, 64-byte aligned; 2 MB-aligned and on huge pages from 2 MB on.
Block allocate(int64_t bytes);
void deallocate(void* block, int64_t bytes) noexcept;
}  // namespace detail

}  // namespace weft
