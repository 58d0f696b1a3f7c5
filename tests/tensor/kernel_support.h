// Shared by the tests of kernels: comparison of a float32 result with the float64 reference, bit comparisons, and
// batches in each memory order.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <vector>

#include "weft/tensor/creation.h"
#include "weft/tensor/kernels/walk/image.h"
#include "weft/tensor/kernels/walk/reorder.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

namespace weft::test {

/// The largest difference, relative to the largest expected value.
inline double difference(const Tensor& got, const Tensor& want) {
  BOOST_REQUIRE_EQUAL(to_string(got.sizes()), to_string(want.sizes()));
  if (got.numel() == 0) return 0;
  const Tensor g = got.to(kFloat64).contiguous(), w = want.to(kFloat64).contiguous();
  const double *pg = g.data_ptr<double>(), *pw = w.data_ptr<double>();
  double largest = 0, worst = 0;
  for (int64_t i = 0; i < g.numel(); ++i) {
    largest = std::max(largest, std::abs(pw[i]));
    if (!(std::abs(pg[i] - pw[i]) <= worst)) worst = std::abs(pg[i] - pw[i]);  // NaN counts
  }
  return largest > 0 ? worst / largest : worst;
}

inline bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.sizes() == y.sizes() && x.dtype() == y.dtype() &&
         std::memcmp(x.data_ptr(), y.data_ptr(), static_cast<size_t>(x.nbytes())) == 0;
}
inline bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i)
    if (!same_bits(a[i], b[i])) return false;
  return true;
}

enum class Order { Standard, ChannelsLast, Private };
inline constexpr Order kOrders[] = {Order::Standard, Order::ChannelsLast, Order::Private};

/// x's values in a batch with the given memory order.
inline Tensor laid_out(const Tensor& x, Order order) {
  if (order == Order::Standard) return x;
  if (order == Order::ChannelsLast) return x.contiguous(MemoryFormat::ChannelsLast);
  const Tensor y = kernel::new_channels_last(x.sizes(), x.dtype(), x);
  kernel::nchw_to_nhwc(x.data_ptr(), kernel::image_data<char>(y), x.size(0), x.size(1), x.size(2), x.size(3),
                       x.element_size());
  return y;
}

/// Runs f at 1, 2 and 3 threads; true if all results have the same bits.
template <class F>
bool same_at_any_thread_count(F f) {
  const int before = get_num_threads();
  set_num_threads(1);
  const std::vector<Tensor> want = f();
  bool same = true;
  for (int threads : {2, 3}) {
    set_num_threads(threads);
    same = same && same_bits(f(), want);
  }
  set_num_threads(before);
  return same;
}

/// Runs f several times at once, as tasks; true if all results have the bits of a single run.
template <class F>
bool same_side_by_side(F f) {
  const int before = get_num_threads();
  set_num_threads(3);
  const std::vector<Tensor> want = f();
  constexpr int64_t kRuns = 12;
  std::vector<std::vector<Tensor>> got(kRuns);
  parallel_pieces(kRuns, 1e6, [&](int64_t i) { got[static_cast<size_t>(i)] = f(); });
  set_num_threads(before);
  for (const auto& g : got)
    if (!same_bits(g, want)) return false;
  return true;
}

/// Number of threads of this process.
inline int64_t process_threads() {
  namespace fs = std::filesystem;
  return std::distance(fs::directory_iterator("/proc/self/task"), fs::directory_iterator());
}

}  // namespace weft::test
