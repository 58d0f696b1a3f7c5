// Philox (see random.h) for many adjacent counters, compiled once per instruction set.
#include "weft/tensor/kernels/simd/simd.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "weft/tensor/kernels/random/dropout_f32.cpp"
#include <hwy/foreach_target.h>  // must come before highway.h
#include <hwy/highway.h>

#include <algorithm>

#include "weft/tensor/kernels/random/dropout_f32.h"
#include "weft/tensor/random.h"

HWY_BEFORE_NAMESPACE();
namespace weft::kernel::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

constexpr int64_t kCounters = kDropoutBlock / 4;
constexpr uint32_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57, kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;

#if HWY_TARGET == HWY_SCALAR

void philox_words(uint64_t seed, uint64_t stream, uint64_t block, uint32_t* words) {
  for (int64_t k = 0; k < kCounters; ++k, words += 4) {
    const auto c = philox(seed, stream, block * kCounters + k);
    std::copy(c.begin(), c.end(), words);
  }
}

#else

using Words = hn::CappedTag<uint32_t, kCounters>;
using V = hn::Vec<Words>;

// Both halves of the 64-bit products of 32-bit lanes.
HWY_INLINE void multiply(V a, V b, V& high, V& low) {
  const Words d;
  const hn::RepartitionToWide<Words> wide;
  const auto even = hn::MulEven(a, b);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), b);
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
}

// words[i] = word i % 4 of counter block * kCounters + i / 4. A block never crosses a multiple of 2^32 counters.
void philox_words(uint64_t seed, uint64_t stream, uint64_t block, uint32_t* words) {
  const Words d;
  const V m0 = hn::Set(d, kMultiplier0), m1 = hn::Set(d, kMultiplier1);
  const uint64_t first = block * kCounters;
  for (int64_t k = 0; k < kCounters; k += static_cast<int64_t>(hn::Lanes(d))) {
    V c0 = hn::Iota(d, static_cast<uint32_t>(first + k)), c1 = hn::Set(d, static_cast<uint32_t>(first >> 32));
    V c2 = hn::Set(d, static_cast<uint32_t>(stream)), c3 = hn::Set(d, static_cast<uint32_t>(stream >> 32));
    auto k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
    for (int round = 0; round < 10; ++round, k0 += kWeyl0, k1 += kWeyl1) {
      V high0, low0, high1, low1;
      multiply(c0, m0, high0, low0);
      multiply(c2, m1, high1, low1);
      c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(d, k0));
      c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(d, k1));
      c1 = low1;
      c3 = low0;
    }
    hn::StoreInterleaved4(c0, c1, c2, c3, d, words + 4 * k);
  }
}

#endif

void dropout_blocks(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, int64_t blocks, uint64_t first_block,
                    uint64_t seed, uint64_t stream, uint32_t threshold, float scale) {
  alignas(64) uint32_t words[kDropoutBlock];
  for (int64_t b = 0; b < blocks; ++b, x += kDropoutBlock, y += kDropoutBlock) {
    philox_words(seed, stream, first_block + b, words);
    for (int64_t i = 0; i < kDropoutBlock; ++i) y[i] = words[i] >= threshold ? x[i] * scale : 0;
  }
}

}  // namespace

PhiloxBlock find_philox_block() { return philox_words; }
DropoutLoop find_dropout_loop() { return dropout_blocks; }

}  // namespace weft::kernel::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft::kernel {
namespace {
HWY_EXPORT(find_philox_block);
HWY_EXPORT(find_dropout_loop);
}  // namespace
PhiloxBlock philox_block() { return HWY_DYNAMIC_DISPATCH(find_philox_block)(); }
DropoutLoop dropout_loop_f32() { return HWY_DYNAMIC_DISPATCH(find_dropout_loop)(); }
}  // namespace weft::kernel
#endif
