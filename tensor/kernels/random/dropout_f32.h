// The vectorised mask of dropout for this machine's instruction set.
#pragma once

#include <cstdint>

namespace weft::kernel {

/// Elements processed together: 4 words from each of kDropoutBlock / 4 counters.
inline constexpr int64_t kDropoutBlock = 64;

/// words[i] = word i % 4 of philox(seed, stream, block * kDropoutBlock / 4 + i / 4), for i < kDropoutBlock.
using PhiloxBlock = void (*)(uint64_t seed, uint64_t stream, uint64_t block, uint32_t* words);
PhiloxBlock philox_block();

/// y = words >= threshold ? x * scale : 0
using DropoutLoop = void (*)(const float* x, float* y, int64_t blocks, uint64_t first_block, uint64_t seed,
                             uint64_t stream, uint32_t threshold, float scale);
DropoutLoop dropout_loop_f32();

}  // namespace weft::kernel
