#include "weft/tensor/kernels/reduce_loops.h"

#include <memory>

#include "weft/tensor/kernels/odometer.h"
#include "weft/tensor/parallel.h"

namespace weft::kernel {
namespace {

const char* at(const void* p, int64_t bytes) { return static_cast<const char*>(p) + bytes; }
char* at(void* p, int64_t bytes) { return static_cast<char*>(p) + bytes; }

// The blocks of at most `block` elements that the reduced dimensions consist of.
class Blocks {
 public:
  Blocks(const std::vector<ReducePlan::Dim>& reduced, int64_t block) : block_(block) {
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

// Into how many pieces the blocks behind one unit of results are cut, so that there is work for many threads and no
// piece is tiny. `cost` is that of a unit in nanoseconds.
int64_t pieces_per_unit(int64_t units, int64_t blocks, double cost) {
  constexpr int64_t kWanted = 64;
  constexpr double kLeast = 10000;
  const int64_t wanted = (kWanted + units - 1) / units;
  return std::max<int64_t>(1, std::min({wanted, static_cast<int64_t>(cost / kLeast), blocks}));
}

Odometer<2> outputs_of(const std::vector<ReducePlan::Dim>& kept, size_t n) {
  Dims sizes, in, out;
  for (size_t i = 0; i < n; ++i) sizes.push_back(kept[i].size), in.push_back(kept[i].in), out.push_back(kept[i].out);
  return Odometer<2>(sizes, {in, out});
}

// Each result by itself: its elements are runs in memory, or scattered.
void reduce_rows(const void* x, void* out, const ReducePlan& plan, const Reducer& op) {
  const Blocks blocks(plan.reduced, kRun);
  const auto part = [&](int64_t from, int64_t begin, int64_t end, void* acc) {
    op.clear(acc, 1);
    blocks.each(begin, end,
                [&](int64_t off, int64_t n) { op.run(at(x, (from + off) * op.item), n, blocks.stride(), acc); });
  };
  const Odometer<2> results = outputs_of(plan.kept, plan.kept.size());
  const double cost = op.cost * static_cast<double>(plan.per_output) + 10;
  const int64_t pieces = pieces_per_unit(plan.outputs, blocks.count(), cost);
  if (pieces == 1) {
    parallel_for(plan.outputs, cost, [&](int64_t begin, int64_t end) {
      Odometer<2> here = results;
      here.seek(begin);
      alignas(16) char acc[kAccBytes];
      for (int64_t i = begin; i < end; ++i, here.next()) {
        part(here.offset(0), 0, blocks.count(), acc);
        op.finish(acc, 1, at(out, here.offset(1) * op.out), 1);
      }
    });
    return;
  }
  const std::unique_ptr<char[]> parts(new char[plan.outputs * pieces * op.acc]);
  parallel_pieces(plan.outputs * pieces, cost / static_cast<double>(pieces), [&](int64_t i) {
    const int64_t piece = i % pieces;
    Odometer<2> here = results;
    here.seek(i / pieces);
    part(here.offset(0), blocks.count() * piece / pieces, blocks.count() * (piece + 1) / pieces, &parts[i * op.acc]);
  });
  Odometer<2> here = results;
  for (int64_t o = 0; o < plan.outputs; ++o, here.next()) {
    char* acc = &parts[o * pieces * op.acc];
    for (int64_t p = 1; p < pieces; ++p) op.combine(acc, acc + p * op.acc, 1);
    op.finish(acc, 1, at(out, here.offset(1) * op.out), 1);
  }
}

// Tiles of neighbouring results at once, row after row of elements.
void reduce_columns(const void* x, void* out, const ReducePlan& plan, const Reducer& op) {
  const Blocks blocks(plan.reduced, kRowRun);
  const ReducePlan::Dim inner = plan.kept.back();
  const int64_t tiles = (inner.size + kTile - 1) / kTile, units = plan.outputs / inner.size * tiles;
  const Odometer<2> groups = outputs_of(plan.kept, plan.kept.size() - 1);
  const double cost = op.cost * static_cast<double>(plan.per_output * std::min(kTile, inner.size)) + 20;
  const int64_t pieces = pieces_per_unit(units, blocks.count(), cost);

  struct Unit {
    int64_t in, out, cols;
  };
  const auto unit_at = [&](int64_t u) {
    Odometer<2> here = groups;
    here.seek(u / tiles);
    const int64_t first = u % tiles * kTile;
    return Unit{here.offset(0) + first, here.offset(1) + first * inner.out, std::min(kTile, inner.size - first)};
  };
  const auto part = [&](const Unit& unit, int64_t begin, int64_t end, void* accs) {
    op.clear(accs, unit.cols);
    blocks.each(begin, end, [&](int64_t off, int64_t n) {
      op.columns(at(x, (unit.in + off) * op.item), n, blocks.stride(), unit.cols, accs);
    });
  };
  const auto finish = [&](const Unit& unit, const void* accs) {
    op.finish(accs, unit.cols, at(out, unit.out * op.out), inner.out);
  };

  if (pieces == 1) {
    parallel_for(units, cost, [&](int64_t begin, int64_t end) {
      alignas(64) char accs[kTile * kAccBytes];
      for (int64_t u = begin; u < end; ++u) {
        const Unit unit = unit_at(u);
        part(unit, 0, blocks.count(), accs);
        finish(unit, accs);
      }
    });
    return;
  }
  const int64_t bytes = kTile * op.acc;
  const std::unique_ptr<char[]> parts(new char[units * pieces * bytes]);
  parallel_pieces(units * pieces, cost / static_cast<double>(pieces), [&](int64_t i) {
    const int64_t piece = i % pieces;
    part(unit_at(i / pieces), blocks.count() * piece / pieces, blocks.count() * (piece + 1) / pieces,
         &parts[i * bytes]);
  });
  for (int64_t u = 0; u < units; ++u) {
    const Unit unit = unit_at(u);
    char* accs = &parts[u * pieces * bytes];
    for (int64_t p = 1; p < pieces; ++p) op.combine(accs, accs + p * bytes, unit.cols);
    finish(unit, accs);
  }
}

}  // namespace

void run_reduction(const void* x, void* out, const ReducePlan& plan, const Reducer& reducer) {
  if (plan.outputs == 0) return;
  if (plan.per_output == 0) {
    alignas(16) char acc[kAccBytes];
    reducer.clear(acc, 1);
    for (int64_t o = 0; o < plan.outputs; ++o) reducer.finish(acc, 1, at(out, o * reducer.out), 1);
  } else if (plan.columns) {
    reduce_columns(x, out, plan, reducer);
  } else {
    reduce_rows(x, out, plan, reducer);
  }
}

}  // namespace weft::kernel
