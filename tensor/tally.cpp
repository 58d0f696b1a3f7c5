#include "weft/tensor/tally.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <vector>

namespace weft {
namespace {

using Counts = std::array<std::atomic<int64_t>, 2>;

// Never destroyed: tensors with static lifetime may be freed after everything else.
struct Census {
  std::mutex mutex;
  std::vector<const Counts*> running;
  Counts ended{};
};
Census& census() {
  static auto* all = new Census;
  return *all;
}

thread_local Counts* t_counts = nullptr;
thread_local bool t_ended = false;

struct Member {
  Counts counts{};
  Member() {
    std::lock_guard lock(census().mutex);
    census().running.push_back(&counts);
    t_counts = &counts;
  }
  ~Member() {
    std::lock_guard lock(census().mutex);
    std::erase(census().running, &counts);
    for (size_t i = 0; i < counts.size(); ++i) census().ended[i] += counts[i];
    t_counts = nullptr;
    t_ended = true;
  }
};

[[gnu::noinline]] void add_first(Tally::Of what, int64_t n) noexcept {
  if (t_ended) {  // freed by a thread after its own end
    census().ended[what] += n;
    return;
  }
  thread_local Member member;
  member.counts[what] += n;
}

}  // namespace

void Tally::add(Of what, int64_t n) noexcept {
  Counts* counts = t_counts;
  if (!counts) [[unlikely]]
    return add_first(what, n);
  std::atomic<int64_t>& count = (*counts)[what];  // written only by this thread
  count.store(count.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

int64_t Tally::total(Of what) {
  std::lock_guard lock(census().mutex);
  int64_t sum = census().ended[what];
  for (const Counts* counts : census().running) sum += (*counts)[what];
  return sum;
}

}  // namespace weft
