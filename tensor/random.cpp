#include "weft/tensor/random.h"

#include <cmath>
#include <cstring>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft {
namespace {
constexpr int kN = 624, kM = 397;
constexpr size_t kStateBytes = 8 + 8 + 4 * kN + 4 + 1 + 8;
}  // namespace

// Matsumoto and Nishimura, 1998, with the seeding of 2002, as in PyTorch's CPU generator.
void Generator::manual_seed(uint64_t seed) {
  seed_ = seed;
  stream_ = 0;
  cached_normal_.reset();
  state_[0] = static_cast<uint32_t>(seed);
  for (uint32_t i = 1; i < kN; ++i) state_[i] = 1812433253u * (state_[i - 1] ^ (state_[i - 1] >> 30)) + i;
  next_ = kN;
}

void Generator::refill() {
  auto mix = [](uint32_t u, uint32_t v) {
    return (((u & 0x80000000u) | (v & 0x7fffffffu)) >> 1) ^ ((v & 1u) ? 0x9908b0dfu : 0u);
  };
  for (int i = 0; i < kN; ++i) state_[i] = state_[(i + kM) % kN] ^ mix(state_[i], state_[(i + 1) % kN]);
  next_ = 0;
}

uint32_t Generator::random() {
  if (next_ == kN) refill();
  uint32_t y = state_[next_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

uint64_t Generator::random64() {
  uint64_t high = random(), low = random();
  return (high << 32) | low;
}

double Generator::normal() {
  if (cached_normal_) {
    double v = *cached_normal_;
    cached_normal_.reset();
    return v;
  }
  // Box and Muller, 1958. The pair's second number is kept for the next call.
  double u1 = uniform_double(), u2 = uniform_double();
  double r = std::sqrt(-2.0 * std::log1p(-u2)), theta = 2.0 * M_PI * u1;
  cached_normal_ = r * std::sin(theta);
  return r * std::cos(theta);
}

Tensor Generator::get_state() const {
  Tensor t = empty({static_cast<int64_t>(kStateBytes)}, kUInt8);
  auto* p = t.data_ptr<uint8_t>();
  auto put = [&](const void* v, size_t n) { std::memcpy(p, v, n), p += n; };
  uint8_t has_normal = cached_normal_.has_value();
  double normal = cached_normal_.value_or(0);
  put(&seed_, 8), put(&stream_, 8), put(state_.data(), 4 * kN), put(&next_, 4), put(&has_normal, 1), put(&normal, 8);
  return t;
}

void Generator::set_state(const Tensor& state) {
  check<ValueError>(state.dtype() == kUInt8 && state.numel() == static_cast<int64_t>(kStateBytes),
                    "[set_state] needs {} uint8 elements from get_state, got {} {}", kStateBytes, state.dtype(),
                    state.sizes());
  Tensor t = kernel::contiguous(state);
  const auto* p = t.data_ptr<uint8_t>();
  auto get = [&](void* v, size_t n) { std::memcpy(v, p, n), p += n; };
  uint8_t has_normal;
  double normal;
  uint32_t next;
  std::array<uint32_t, kN> words;
  uint64_t seed, stream;
  get(&seed, 8), get(&stream, 8), get(words.data(), 4 * kN), get(&next, 4), get(&has_normal, 1), get(&normal, 8);
  check<ValueError>(next <= kN && has_normal <= 1, "[set_state] not a generator state: position {} of {}", next, kN);
  seed_ = seed, stream_ = stream, state_ = words, next_ = next;
  cached_normal_ = has_normal ? std::optional(normal) : std::nullopt;
}

Generator& default_generator() {
  static auto* generator = new Generator;
  return *generator;
}

void manual_seed(uint64_t seed) {
  Generator& g = default_generator();
  std::lock_guard lock(g.mutex());
  g.manual_seed(seed);
}

std::array<uint32_t, 4> philox(uint64_t key, uint64_t stream, uint64_t counter) {
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  std::array<uint32_t, 4> c{static_cast<uint32_t>(counter), static_cast<uint32_t>(counter >> 32),
                            static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)};
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t{0xD2511F53} * c[0], b = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(b >> 32) ^ c[1] ^ k0, static_cast<uint32_t>(b),
         static_cast<uint32_t>(a >> 32) ^ c[3] ^ k1, static_cast<uint32_t>(a)};
    k0 += 0x9E3779B9, k1 += 0xBB67AE85;
  }
  return c;
}

}  // namespace weft
