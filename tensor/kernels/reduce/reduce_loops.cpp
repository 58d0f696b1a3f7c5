#include "weft/tensor/kernels/reduce/reduce_loops.h"

#include <memory>

#include "weft/tensor/kernels/walk/odometer.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

// The blocks of at most `block` elements that make up the reduced dimensions.
class Blocks {
 public:
  Blocks(const ReducePlan::DimList& reduced, int64_t block) : block_(block) {
    if (!reduced.empty()) size_ = reduced.back().size, stride_ = reduced.back().in;
    for (size_t i = 0; i + 1 < reduced.size(); ++i) {
      outer_.push_back(reduced[i].size), strides_.push_back(reduced[i].in);
      runs_ *= reduced[i].size;
    }
    per_run_ = (size_ + block - 1) / block;
  }
  int64_t count() const { return runs_ * per_run_; }
  int64_t stride() const { return stride_; }

  /// Calls f(offset, n) on each block of [begin, end).
  template <class F>
  void each(int64_t begin, int64_t end, F&& f) const {
    if (outer_.empty()) {
      for (int64_t b = begin; b < end; ++b) f(b * block_ * stride_, std::min(block_, size_ - b * block_));
      return;
    }
    Odometer<1> run(outer_, {strides_});
    run.seek(begin / per_run_);
    int64_t in_run = begin % per_run_;
    for (int64_t b = begin; b < end; ++b) {
      f(run.offset(0) + in_run * block_ * stride_, std::min(block_, size_ - in_run * block_));
      if (++in_run == per_run_) in_run = 0, run.next();
    }
  }

 private:
  Dims outer_, strides_;
  int64_t block_, runs_ = 1, per_run_ = 1, size_ = 1, stride_ = 1;
};

// Number of pieces for the blocks behind one tile of results, such that many threads have work and no piece is tiny.
// `cost` is that of a tile in nanoseconds.
int64_t pieces_per_tile(int64_t tiles, int64_t blocks, double cost) {
  constexpr int64_t kWanted = 64;
  constexpr double kLeast = 10000;
  const int64_t wanted = (kWanted + tiles - 1) / tiles;
  return std::max<int64_t>(1, std::min({wanted, static_cast<int64_t>(cost / kLeast), blocks}));
}

// The results in tiles of adjacent elements along the innermost kept dimension.
class Tiles {
 public:
  Tiles(const ReducePlan& plan, int64_t most) {
    if (!plan.kept.empty()) inner_ = plan.kept.back();
    size_ = std::min(most, inner_.size);
    per_row_ = (inner_.size + size_ - 1) / size_;
    count_ = plan.outputs / inner_.size * per_row_;
    for (size_t i = 0; i + 1 < plan.kept.size(); ++i) {
      const ReducePlan::Dim& d = plan.kept[i];
      sizes_.push_back(d.size), in_.push_back(d.in), out_.push_back(d.out);
    }
  }
  struct Tile {
    int64_t in, out, count;
  };
  Tile operator[](int64_t t) const {
    const int64_t first = t % per_row_ * size_;
    Tile tile{first * inner_.in, first * inner_.out, std::min(size_, inner_.size - first)};
    for (int64_t row = t / per_row_, d = static_cast<int64_t>(sizes_.size()); d-- > 0; row /= sizes_[d])
      tile.in += row % sizes_[d] * in_[d], tile.out += row % sizes_[d] * out_[d];
    return tile;
  }
  int64_t count() const { return count_; }
  int64_t size() const { return size_; }
  int64_t in_stride() const { return inner_.in; }
  int64_t out_stride() const { return inner_.out; }

 private:
  ReducePlan::Dim inner_{1, 1, 1};
  int64_t size_ = 1, per_row_ = 1, count_ = 1;
  Dims sizes_, in_, out_;
};

void reduce_tiles(const void* x, void* out, const ReducePlan& plan, const Reducer& op) {
  const Blocks blocks(plan.reduced, plan.columns ? kRowRun : kRun);
  const Tiles tiles(plan, plan.columns ? kTile : kRowTile);
  const double cost = 10 + (3 + op.cost * static_cast<double>(plan.per_output)) * static_cast<double>(tiles.size());
  const int64_t pieces = pieces_per_tile(tiles.count(), blocks.count(), cost);

  const auto part = [&](const Tiles::Tile& tile, int64_t begin, int64_t end, void* accs) {
    op.clear(accs, tile.count);
    blocks.each(begin, end, [&](int64_t off, int64_t n) {
      const void* from = at(x, (tile.in + off) * op.item);
      if (plan.columns)
        op.columns(from, n, blocks.stride(), tile.count, accs);
      else
        op.runs(from, n, blocks.stride(), tile.count, tiles.in_stride(), accs);
    });
  };
  const auto finish = [&](const Tiles::Tile& tile, const void* accs) {
    op.finish(accs, tile.count, at(out, tile.out * op.out), tiles.out_stride());
  };

  if (pieces == 1) {
    parallel_for(tiles.count(), cost, [&](int64_t begin, int64_t end) {
      alignas(64) char accs[kTile * kAccBytes];
      for (int64_t t = begin; t < end; ++t) {
        const Tiles::Tile tile = tiles[t];
        part(tile, 0, blocks.count(), accs);
        finish(tile, accs);
      }
    });
    return;
  }
  const int64_t bytes = tiles.size() * op.acc;
  const std::unique_ptr<char[]> parts(new char[tiles.count() * pieces * bytes]);
  parallel_pieces(tiles.count() * pieces, cost / static_cast<double>(pieces), [&](int64_t i) {
    const int64_t piece = i % pieces;
    part(tiles[i / pieces], blocks.count() * piece / pieces, blocks.count() * (piece + 1) / pieces, &parts[i * bytes]);
  });
  for (int64_t t = 0; t < tiles.count(); ++t) {
    const Tiles::Tile tile = tiles[t];
    char* accs = &parts[t * pieces * bytes];
    for (int64_t p = 1; p < pieces; ++p) op.combine(accs, accs + p * bytes, tile.count);
    finish(tile, accs);
  }
}

}  // namespace

void run_reduction(const void* x, void* out, const ReducePlan& plan, const Reducer& reducer) {
  if (plan.outputs == 0) return;
  if (plan.per_output == 0) {
    alignas(16) char acc[kAccBytes];
    reducer.clear(acc, 1);
    for (int64_t o = 0; o < plan.outputs; ++o) reducer.finish(acc, 1, at(out, o * reducer.out), 1);
  } else {
    reduce_tiles(x, out, plan, reducer);
  }
}

}  // namespace weft::kernel
