// A contiguous tensor seen as lines along one dimension: [outer, n, inner].
#pragma once

#include "weft/tensor/parallel.h"
#include "weft/tensor/sizes.h"

namespace weft::kernel {

struct Lines {
  /// Adjacent lines processed together.
  static constexpr int64_t kTile = 256;

  /// `dim` counts from 0; a tensor without dimensions is one line of one element.
  Lines(IntArrayRef sizes, int64_t dim) {
    for (size_t d = 0; d < sizes.size(); ++d) {
      if (static_cast<int64_t>(d) < dim)
        outer *= sizes[d];
      else if (static_cast<int64_t>(d) == dim)
        n = sizes[d];
      else
        inner *= sizes[d];
    }
  }

  /// Calls f(o, first, count) for groups of `count` <= kTile adjacent lines, in parallel. `cost`: nanoseconds per
  /// element.
  template <class F>
  void each_tile(double cost, F&& f) const {
    const int64_t tiles = (inner + kTile - 1) / kTile;
    const auto in_tile = static_cast<double>(n * std::min(inner, kTile));
    parallel_for(outer * tiles, cost * in_tile + 5, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        const int64_t first = t % tiles * kTile;
        f(t / tiles, first, std::min(kTile, inner - first));
      }
    });
  }

  int64_t outer = 1, n = 1, inner = 1;
};

}  // namespace weft::kernel
