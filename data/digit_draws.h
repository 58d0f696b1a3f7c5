// The random numbers of one synthetic digit.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "weft/tensor/random.h"

namespace weft::data {

/// Draws numbers in sequence; they depend only on seed and index.
class Draws {
 public:
  Draws(uint64_t seed, uint64_t index) : seed_(seed), index_(index) {}
  uint32_t word() {
    if (next_ == words_.size()) {
      words_ = philox(seed_, index_, counter_++);
      next_ = 0;
    }
    return words_[next_++];
  }
  float uniform(float from = 0, float to = 1) {
    return from + (to - from) * static_cast<float>(word() >> 8) * 0x1p-24f;
  }
  float normal() {
    const float r = std::sqrt(-2 * std::log(1 - uniform()));
    return r * std::cos(2 * std::numbers::pi_v<float> * uniform());
  }
  bool chance(float p) { return uniform() < p; }

 private:
  uint64_t seed_, index_, counter_ = 0;
  std::array<uint32_t, 4> words_{};
  size_t next_ = 4;
};

}  // namespace weft::data
