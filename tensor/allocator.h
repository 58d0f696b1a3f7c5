// The memory cache: freed blocks are kept by size and given out again.
#pragma once

#include <cstdint>

namespace weft {

struct MemoryStats {
  int64_t in_use;        ///< bytes held by tensors now
  int64_t cached;        ///< bytes kept for reuse
  int64_t peak;          ///< largest in_use + cached so far
  int64_t system_calls;  ///< how often memory was taken from the system
};
/// The state of the memory cache of the process.
MemoryStats memory_stats();
/// Gives the kept blocks back to the system.
void release_cached_memory();

/// The largest piece of memory that a single tensor may take, in bytes: by default all memory and swap space of the
/// machine. A larger one throws as if memory had run out.
int64_t allocation_limit();
/// Sets it; 0 is the default. Throws ValueError for negative numbers.
void set_allocation_limit(int64_t bytes);

namespace detail {
/// A block of at least `bytes`, 64-byte aligned; 2 MB-aligned and on huge pages from 2 MB on. *bytes becomes its size.
void* allocate(int64_t* bytes);
void deallocate(void* block, int64_t bytes) noexcept;
}  // namespace detail

}  // namespace weft
