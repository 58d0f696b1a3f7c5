// Random numbers: PyTorch's mt19937 streams, and a counter-based generator for values that must not depend on order.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "weft/tensor/tensor.h"

namespace weft {

/// mt19937 with the same values as PyTorch's CPU generator after the same manual_seed, plus a counter that gives each
/// dropout or augmentation call its own stream. Not synchronised; default_generator() is guarded by its mutex().
class Generator {
 public:
  static constexpr uint64_t kDefaultSeed = 67280421310721;
  explicit Generator(uint64_t seed = kDefaultSeed) { manual_seed(seed); }
  void manual_seed(uint64_t seed);
  uint64_t initial_seed() const { return seed_; }
  uint32_t random();
  uint64_t random64();
  /// Uniform in [0, 1) with 24 (float) or 53 (double) bits.
  float uniform_float() { return static_cast<float>(random() & ((1u << 24) - 1)) * 0x1p-24f; }
  double uniform_double() { return static_cast<double>(random64() & ((uint64_t{1} << 53) - 1)) * 0x1p-53; }
  /// Standard normal, drawn in pairs in double precision.
  double normal();
  /// The number of the next counter-based stream.
  uint64_t next_stream() { return stream_++; }
  std::mutex& mutex() { return mutex_; }

  /// The complete state as uint8, for checkpoints. set_state throws ValueError for any other tensor.
  Tensor get_state() const;
  void set_state(const Tensor& state);

 private:
  void refill();
  uint64_t seed_ = 0, stream_ = 0;
  std::array<uint32_t, 624> state_{};
  uint32_t next_ = 0;
  std::optional<double> cached_normal_;
  std::mutex mutex_;
};

/// The generator used by rand, randn, dropout ...
Generator& default_generator();
/// Seeds it: the values drawn afterwards are PyTorch's for the same seed.
void manual_seed(uint64_t seed);

/// Four random words that depend only on key and counter (Philox 4x32-10, Salmon et al. 2011): element i of stream s is
/// philox(seed, s, i) in any thread.
std::array<uint32_t, 4> philox(uint64_t key, uint64_t stream, uint64_t counter);

}  // namespace weft
