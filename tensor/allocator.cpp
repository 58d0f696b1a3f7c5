#include "weft/tensor/allocator.h"

#include <sys/mman.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "weft/tensor/error.h"
#include "weft/tensor/pooled.h"
#include "weft/tensor/tally.h"

namespace weft {
namespace {

// The address sanitizer finds more errors if every block comes from the system and returns to it.
#ifdef WEFT_MEMORY_CACHE
constexpr bool kKeeps = true;
#else
constexpr bool kKeeps = false;
#endif
constexpr int64_t kSmall = 64;
constexpr int64_t kHuge = int64_t{2} << 20;
constexpr int kClasses = 4 * 64;
// Limit of unused memory: it covers the working set of a training step, so that repeated steps allocate nothing new.
constexpr int64_t kMaxCached = int64_t{4} << 30;

// Bytes held from the system, their maximum, and the part in the shared bins.
std::atomic<int64_t> g_held{0}, g_peak{0}, g_binned{0}, g_system_calls{0};

// Bytes of memory and swap space of the machine.
int64_t machine_memory() {
  struct sysinfo info {};
  if (sysinfo(&info) != 0) return INT64_MAX;
  return static_cast<int64_t>((static_cast<uint64_t>(info.totalram) + info.totalswap) * info.mem_unit);
}
std::atomic<int64_t>& limit() {
  static std::atomic<int64_t> bytes{machine_memory()};
  return bytes;
}

// Sizes are rounded up to four steps per power of two, so that a block serves requests of nearly its size. A step is a
// power of two.
int64_t rounded(int64_t bytes) {
  bytes = std::max(bytes, kSmall);
  int64_t step = std::max(kSmall, static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(bytes))) / 4);
  if (bytes >= kHuge) step = std::max(step, int64_t{1} << 20);
  return (bytes + step - 1) & -step;
}

int class_of(int64_t size) {
  int log = std::bit_width(static_cast<uint64_t>(size)) - 1;
  return 4 * log + static_cast<int>((size >> (log - 2)) & 3);
}

void* from_system(int64_t bytes) {
  bool huge = bytes >= kHuge;
  // The system would grant more than the machine has, and fail only when it is written.
  void* p = bytes > allocation_limit()
                ? nullptr
                : std::aligned_alloc(huge ? kHuge : kSmall,
                                     static_cast<size_t>(huge ? (bytes + kHuge - 1) / kHuge * kHuge : bytes));
  check<OutOfMemoryError>(p != nullptr, "[allocate] the system gives no {} bytes of memory", bytes);
  if (huge) madvise(p, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  g_system_calls.fetch_add(1, std::memory_order_relaxed);
  const int64_t held = g_held.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  int64_t peak = g_peak.load(std::memory_order_relaxed);
  while (held > peak && !g_peak.compare_exchange_weak(peak, held, std::memory_order_relaxed)) {
  }
  return p;
}

void to_system(void* block, int64_t bytes) noexcept {
  g_held.fetch_sub(bytes, std::memory_order_relaxed);
  std::free(block);
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

void to_bin(int c, void* block, int64_t bytes) noexcept {
  if (g_binned.load(std::memory_order_relaxed) > kMaxCached) return to_system(block, bytes);
  Bin& bin = bins()[c];
  std::lock_guard lock(bin.mutex);
  bin.blocks.push_back(block);
  g_binned.fetch_add(bytes, std::memory_order_relaxed);
}

void* from_bin(int c, int64_t size) {
  Bin& bin = bins()[c];
  std::lock_guard lock(bin.mutex);
  if (bin.blocks.empty()) return nullptr;
  void* p = bin.blocks.back();
  bin.blocks.pop_back();
  g_binned.fetch_sub(size, std::memory_order_relaxed);
  return p;
}

int64_t size_of_class(int c) { return (int64_t{4} + c % 4) << (c / 4 - 2); }

// Free blocks of one size; each holds the address of the next.
struct FreeList {
  void* head = nullptr;
  uint32_t count = 0;
  void push(void* block) {
    *static_cast<void**>(block) = head;
    head = block;
    ++count;
  }
  void* pop() {
    void* block = head;
    if (block) {
      head = *static_cast<void**>(block);
      --count;
    }
    return block;
  }
};

// The thread's own cache of small blocks and objects; it needs no lock.
constexpr int64_t kLocalMax = 64 << 10;
constexpr int kLocalClasses = 4 * 17;
constexpr uint32_t kLocalBlocks = 16;
constexpr size_t kObjectStep = 16, kObjectMax = 512;
constexpr uint32_t kLocalObjects = 1024;
struct LocalStock {
  std::array<FreeList, kLocalClasses> blocks;
  std::array<FreeList, kObjectMax / kObjectStep + 1> objects;
  LocalStock();
  ~LocalStock();
};

thread_local LocalStock* t_stock = nullptr;
thread_local bool t_stock_gone = false;

[[gnu::noinline]] LocalStock* first_stock() {
  if (t_stock_gone) return nullptr;  // freed by a thread after its own end
  thread_local LocalStock stock;
  return &stock;
}
LocalStock* local_stock() { return t_stock ? t_stock : first_stock(); }

LocalStock::LocalStock() { t_stock = this; }
LocalStock::~LocalStock() {
  t_stock = nullptr;
  t_stock_gone = true;
  for (int c = 0; c < kLocalClasses; ++c)
    while (void* block = blocks[c].pop()) {
      Tally::add(Tally::kCachedBytes, -size_of_class(c));
      to_bin(c, block, size_of_class(c));
    }
  for (FreeList& list : objects)
    while (void* object = list.pop()) ::operator delete(object);
}

size_t object_class(size_t bytes) { return (bytes + kObjectStep - 1) / kObjectStep; }

}  // namespace

namespace detail {

Block allocate(int64_t bytes) {
  // Without the cache the block has the exact size, so that an access past the end is detected.
  const int64_t size = kKeeps ? rounded(bytes) : (std::max(bytes, kSmall) + kSmall - 1) & -kSmall;
  if (!kKeeps) return {from_system(size), size};
  const int c = class_of(size);
  if (size <= kLocalMax)
    if (LocalStock* stock = local_stock())
      if (void* block = stock->blocks[c].pop()) {
        Tally::add(Tally::kCachedBytes, -size);
        return {block, size};
      }
  void* block = from_bin(c, size);
  return {block ? block : from_system(size), size};
}

void deallocate(void* block, int64_t bytes) noexcept {
  if (!kKeeps) return to_system(block, bytes);
  const int c = class_of(bytes);
  if (bytes <= kLocalMax)
    if (LocalStock* stock = local_stock(); stock && stock->blocks[c].count < kLocalBlocks) {
      Tally::add(Tally::kCachedBytes, bytes);
      return stock->blocks[c].push(block);
    }
  to_bin(c, block, bytes);
}

void* allocate_object(size_t bytes) {
  if (!kKeeps || bytes > kObjectMax) return ::operator new(bytes);
  const size_t c = object_class(bytes);
  LocalStock* stock = local_stock();
  void* object = stock ? stock->objects[c].pop() : nullptr;
  return object ? object : ::operator new(c* kObjectStep);  // of its class's size, wherever it is freed
}

void free_object(void* object, size_t bytes) noexcept {
  if (kKeeps && bytes <= kObjectMax)
    if (LocalStock* stock = local_stock()) {
      FreeList& list = stock->objects[object_class(bytes)];
      if (list.count < kLocalObjects) return list.push(object);
    }
  ::operator delete(object);
}

}  // namespace detail

int64_t allocation_limit() { return limit().load(std::memory_order_relaxed); }

void set_allocation_limit(int64_t bytes) {
  check<ValueError>(bytes >= 0, "[set_allocation_limit] {} bytes", bytes);
  limit() = bytes > 0 ? bytes : machine_memory();
}

MemoryStats memory_stats() {
  const int64_t cached = g_binned + Tally::total(Tally::kCachedBytes);
  return {g_held - cached, cached, g_peak, g_system_calls};
}

void release_cached_memory() {
  for (int c = 0; c < kClasses; ++c) {
    Bin& bin = bins()[c];
    std::lock_guard lock(bin.mutex);
    for (void* block : bin.blocks) to_system(block, size_of_class(c));
    g_binned.fetch_sub(static_cast<int64_t>(bin.blocks.size()) * size_of_class(c), std::memory_order_relaxed);
    bin.blocks.clear();
  }
}

}  // namespace weft
