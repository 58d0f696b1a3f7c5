#include "weft/tensor/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

namespace weft {
namespace {

// The address sanitizer sees more when every block comes from the system and goes back there.
#ifdef WEFT_MEMORY_CACHE
constexpr bool kKeeps = true;
#else
constexpr bool kKeeps = false;
#endif
constexpr int64_t kSmall = 64;
constexpr int64_t kHuge = int64_t{2} << 20;
constexpr int kClasses = 4 * 64;
// What may lie unused: enough for the working set of a training step, so that repeated steps take nothing new.
constexpr int64_t kMaxCached = int64_t{4} << 30;

std::atomic<int64_t> g_in_use{0}, g_cached{0}, g_peak{0}, g_system_calls{0};

// Sizes are rounded up to four steps per power of two, so that a block serves requests of nearly its size.
int64_t rounded(int64_t bytes) {
  bytes = std::max(bytes, kSmall);
  int64_t step = std::max(kSmall, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(bytes))) / 4);
  if (bytes >= kHuge) step = std::max(step, int64_t{1} << 20);
  return (bytes + step - 1) / step * step;
}

int class_of(int64_t size) {
  int log = std::bit_width(static_cast<uint64_t>(size)) - 1;
  return 4 * log + static_cast<int>((size >> (log - 2)) & 3);
}

void* from_system(int64_t bytes) {
  g_system_calls.fetch_add(1, std::memory_order_relaxed);
  bool huge = bytes >= kHuge;
  void* p = std::aligned_alloc(huge ? kHuge : kSmall,
                               static_cast<size_t>(huge ? (bytes + kHuge - 1) / kHuge * kHuge : bytes));
  if (!p) throw std::bad_alloc();
  if (huge) madvise(p, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  return p;
}

struct Bin {
  std::mutex mutex;
  std::vector<void*> blocks;
};
// Never destroyed: tensors with static lifetime may be freed after everything else.
std::array<Bin, kClasses>& bins() {
  static auto* bins = new std::array<Bin, kClasses>;
  return *bins;
}

// The thread's own stock of small blocks, which needs no lock.
constexpr int64_t kLocalMax = 64 << 10;
constexpr size_t kLocalBlocks = 16;
struct LocalStock {
  std::array<std::vector<void*>, kClasses> blocks;
  ~LocalStock();
};
thread_local bool t_stock_gone = false;
LocalStock* local_stock() {
  if (t_stock_gone) return nullptr;
  thread_local LocalStock stock;
  return &stock;
}

void to_bin(int c, void* block, int64_t bytes) noexcept {
  if (g_cached.load(std::memory_order_relaxed) > kMaxCached) {
    g_cached.fetch_sub(bytes, std::memory_order_relaxed);
    std::free(block);
    return;
  }
  Bin& bin = bins()[c];
  std::lock_guard lock(bin.mutex);
  bin.blocks.push_back(block);
}

int64_t size_of_class(int c) { return (int64_t{4} + c % 4) << (c / 4 - 2); }

LocalStock::~LocalStock() {
  t_stock_gone = true;
  for (int c = 0; c < kClasses; ++c)
    for (void* block : blocks[c]) to_bin(c, block, size_of_class(c));
}

void* take_cached(int c, int64_t size) {
  if (size <= kLocalMax)
    if (LocalStock* stock = local_stock(); stock && !stock->blocks[c].empty()) {
      void* p = stock->blocks[c].back();
      stock->blocks[c].pop_back();
      return p;
    }
  Bin& bin = bins()[c];
  std::lock_guard lock(bin.mutex);
  if (bin.blocks.empty()) return nullptr;
  void* p = bin.blocks.back();
  bin.blocks.pop_back();
  return p;
}

}  // namespace

namespace detail {

void* allocate(int64_t* bytes) {
  int64_t size = *bytes = rounded(*bytes);
  void* p = nullptr;
  if (kKeeps) p = take_cached(class_of(size), size);
  if (p)
    g_cached.fetch_sub(size, std::memory_order_relaxed);
  else
    p = from_system(size);
  int64_t in_use = g_in_use.fetch_add(size, std::memory_order_relaxed) + size;
  int64_t total = in_use + g_cached.load(std::memory_order_relaxed);
  int64_t peak = g_peak.load(std::memory_order_relaxed);
  while (total > peak && !g_peak.compare_exchange_weak(peak, total, std::memory_order_relaxed)) {
  }
  return p;
}

void deallocate(void* block, int64_t bytes) noexcept {
  g_in_use.fetch_sub(bytes, std::memory_order_relaxed);
  if (!kKeeps) return std::free(block);
  g_cached.fetch_add(bytes, std::memory_order_relaxed);
  int c = class_of(bytes);
  if (bytes <= kLocalMax)
    if (LocalStock* stock = local_stock(); stock && stock->blocks[c].size() < kLocalBlocks)
      return stock->blocks[c].push_back(block);
  to_bin(c, block, bytes);
}

}  // namespace detail

MemoryStats memory_stats() { return {g_in_use, g_cached, g_peak, g_system_calls}; }

void release_cached_memory() {
  for (int c = 0; c < kClasses; ++c) {
    Bin& bin = bins()[c];
    std::lock_guard lock(bin.mutex);
    for (void* block : bin.blocks) std::free(block);
    g_cached.fetch_sub(static_cast<int64_t>(bin.blocks.size()) * size_of_class(c), std::memory_order_relaxed);
    bin.blocks.clear();
  }
}

}  // namespace weft
