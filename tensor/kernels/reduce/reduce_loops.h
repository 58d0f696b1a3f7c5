// The loops of all reductions: a Reducer defines the operation, a ReducePlan the walk over memory. Pieces follow from
// the plan alone and are combined in order: the same bits for any number of threads.
#pragma once

#include "weft/tensor/kernels/reduce/reduce_plan.h"

namespace weft::kernel {

/// Elements, or rows of columns, accumulated in the element type before they are added to a wider accumulator.
inline constexpr int64_t kRun = 2048, kRowRun = 64;
/// Columns, or runs of different results, processed at a time.
inline constexpr int64_t kTile = 512, kRowTile = 64;
/// Bytes of the largest accumulator.
inline constexpr int64_t kAccBytes = 24;

/// The operation of a reduction on type-erased elements, accumulators and results.
class Reducer {
 public:
  Reducer(int64_t item, int64_t acc, int64_t out, double cost) : item(item), acc(acc), out(out), cost(cost) {}
  virtual ~Reducer() = default;
  /// Sets n accumulators to the value of no elements.
  virtual void clear(void* accs, int64_t n) const = 0;
  /// Accumulates `count` runs of n <= kRun elements, which start `step` apart, into one accumulator each.
  virtual void runs(const void* x, int64_t n, int64_t stride, int64_t count, int64_t step, void* accs) const = 0;
  /// Accumulates the `rows` <= kRowRun elements of each of `cols` <= kTile adjacent columns into its accumulator.
  virtual void columns(const void* x, int64_t rows, int64_t stride, int64_t cols, void* accs) const = 0;
  /// Combines each of n accumulators with the other at the same position.
  virtual void combine(void* accs, const void* others, int64_t n) const = 0;
  virtual void finish(const void* accs, int64_t n, void* out, int64_t stride) const = 0;
  const int64_t item, acc, out;  ///< bytes
  const double cost;             ///< nanoseconds per element
};

/// A Reducer from an Op of element type T and result type Out:
///   Acc; Acc identity(); Acc run(p, n, stride); void columns(p, rows, stride, cols, Acc*); void combine(Acc&, const
///   Acc&); Out finish(const Acc&)
template <class T, class Out, class Op>
class ReducerOf final : public Reducer {
 public:
  using Acc = typename Op::Acc;
  static_assert(sizeof(Acc) <= kAccBytes);
  ReducerOf(Op op, double cost) : Reducer(sizeof(T), sizeof(Acc), sizeof(Out), cost), op_(op) {}
  void clear(void* accs, int64_t n) const override {
    std::fill(static_cast<Acc*>(accs), static_cast<Acc*>(accs) + n, op_.identity());
  }
  void runs(const void* x, int64_t n, int64_t stride, int64_t count, int64_t step, void* accs) const override {
    for (int64_t i = 0; i < count; ++i)
      op_.combine(static_cast<Acc*>(accs)[i], op_.run(static_cast<const T*>(x) + i * step, n, stride));
  }
  void columns(const void* x, int64_t rows, int64_t stride, int64_t cols, void* accs) const override {
    op_.columns(static_cast<const T*>(x), rows, stride, cols, static_cast<Acc*>(accs));
  }
  void combine(void* accs, const void* others, int64_t n) const override {
    for (int64_t i = 0; i < n; ++i) op_.combine(static_cast<Acc*>(accs)[i], static_cast<const Acc*>(others)[i]);
  }
  void finish(const void* accs, int64_t n, void* out, int64_t stride) const override {
    for (int64_t i = 0; i < n; ++i) static_cast<Out*>(out)[i * stride] = op_.finish(static_cast<const Acc*>(accs)[i]);
  }

 private:
  Op op_;
};

/// Writes the result of each output of the plan.
void run_reduction(const void* x, void* out, const ReducePlan& plan, const Reducer& reducer);

}  // namespace weft::kernel
