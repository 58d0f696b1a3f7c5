// A lock of one byte for sections of a few instructions.
#pragma once

#include <atomic>

namespace weft {

/// For std::lock_guard. Hold it for a few instructions only, never across an op.
class SpinLock {
 public:
  void lock() noexcept {
    while (held_.exchange(true, std::memory_order_acquire)) yield();
  }
  void unlock() noexcept { held_.store(false, std::memory_order_release); }

 private:
  static void yield() noexcept;  // <thread> adds a tenth of a second to the compilation of every program
  std::atomic<bool> held_{false};
};

}  // namespace weft
