// Process-wide counts updated by every op. Each thread adds to its own counter, without a locked instruction.
#pragma once

#include <cstdint>

namespace weft {

class Tally {
 public:
  enum Of : uint8_t { kCachedBytes, kTensors };
  static void add(Of what, int64_t n) noexcept;
  /// The sum over all threads, including ended ones; exact if no other thread adds meanwhile.
  static int64_t total(Of what);
};

}  // namespace weft
