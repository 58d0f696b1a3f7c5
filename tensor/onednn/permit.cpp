// Ends the use of oneDNN at exit. Its kernels are in static objects, which exit destroys while other threads may still
// compute, and before static objects of the program that were constructed earlier.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "weft/tensor/onednn/detail.h"

namespace weft::onednn {
namespace {

std::atomic<bool> g_exiting{false};
constexpr auto kLongestWait = std::chrono::seconds(10);  // for running ops at exit

// The permits and the stream of a thread.
struct Slot {
  std::atomic<int> permits{0};  // written only by its thread
  std::optional<dnnl::stream> stream;
};

// Never destroyed: threads may outlive main.
struct Register {
  std::mutex mutex;
  std::vector<const Slot*> slots;
};
Register& all() {
  static auto* const slots = new Register;
  return *slots;
}

bool any_permit() {
  std::lock_guard lock(all().mutex);
  return std::any_of(all().slots.begin(), all().slots.end(), [](const Slot* s) { return s->permits.load() != 0; });
}

thread_local Slot* t_slot = nullptr;
thread_local bool t_ended = false;

// The main thread's member is destroyed at the start of exit, before any static object, as C++ specifies.
struct Member {
  Slot slot;
  Member() {
    std::lock_guard lock(all().mutex);
    all().slots.push_back(&slot);
    t_slot = &slot;
  }
  ~Member() {
    {
      std::lock_guard lock(all().mutex);
      std::erase(all().slots, &slot);
    }
    t_slot = nullptr;
    t_ended = true;
    if (gettid() == getpid()) stop();
  }
  static void stop() {
    g_exiting = true;
    const auto end = std::chrono::steady_clock::now() + kLongestWait;
    while (any_permit() && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
};

Slot* own_slot() {
  if (t_slot || t_ended) return t_slot;
  thread_local Member member;
  return &member.slot;
}

// Created on the main thread while the program is loaded.
[[maybe_unused]] const Slot* const g_main_slot = own_slot();

}  // namespace

Permit::Permit() : given_(false) {
  Slot* slot = own_slot();
  if (!slot) return;
  const int before = slot->permits.load(std::memory_order_relaxed);
  slot->permits.store(before + 1, before == 0 ? std::memory_order_seq_cst : std::memory_order_relaxed);
  // Either this thread sees that the exit began, or the exit sees the permit and waits.
  given_ = before > 0 || !g_exiting.load();
  if (!given_) slot->permits.store(before, std::memory_order_release);
}

Permit::~Permit() {
  if (!given_) return;
  const int now = t_slot->permits.load(std::memory_order_relaxed);
  t_slot->permits.store(now - 1, std::memory_order_release);
}

dnnl::stream& detail::own_stream() {
  std::optional<dnnl::stream>& stream = own_slot()->stream;
  if (!stream) stream.emplace(engine());
  return *stream;
}

}  // namespace weft::onednn
