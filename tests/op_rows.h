// The table of ops: one row per op or layer, and the checks of every row.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::test {

using Fn = std::function<TensorList(const TensorList&)>;
using MakeInputs = std::function<TensorList()>;

/// One op. Fields left empty are not tested.
struct OpRow {
  std::string name;
  Fn f;
  /// Small inputs in float64 (and integers); those checked by the gradient checks require a gradient.
  MakeInputs inputs;
  /// The same results computed in another way: by plain loops or simpler ops.
  Fn reference = {};
  /// A call that must throw.
  std::function<void()> bad = {};
  /// Inputs large enough for several threads.
  MakeInputs large = {};
  /// Tolerance of float32 against float64: |got - want| <= tolerance (|want| + max|want|).
  double tolerance = 2e-5;
  /// The tolerance of 16-bit floating point against float32, in roundings.
  double float16_steps = 10;
  /// The reason why second derivatives are not checked; "" checks them.
  std::string first_order_only = {};
  /// The reason why inputs have standard strides only; "" tries others too.
  std::string standard_strides_only = {};

  OpRow with_large(MakeInputs make) const {
    OpRow row = *this;
    row.large = std::move(make);
    return row;
  }
  OpRow with_bad(std::function<void()> call) const {
    OpRow row = *this;
    row.bad = std::move(call);
    return row;
  }
  OpRow with_standard_strides(std::string why) const {
    OpRow row = *this;
    row.standard_strides_only = std::move(why);
    return row;
  }
  OpRow with_tolerance(double t) const {
    OpRow row = *this;
    row.tolerance = t;
    return row;
  }
};

/// A function of one result.
Fn returns(std::function<Tensor(const TensorList&)> f);

/// Distinct, evenly spaced float64 values in [low, high], shuffled; the same for the same arguments. Requires a
/// gradient.
Tensor spread(IntArrayRef sizes, double low = -2, double high = 2, unsigned seed = 1);
/// The same without requiring a gradient.
Tensor fixed(IntArrayRef sizes, double low = -2, double high = 2, unsigned seed = 1);

/// An op on spread values of `sizes`; at position i its result of `out_sizes` is the input's element `from(i)`.
OpRow moves(const std::string& name, std::function<Tensor(const Tensor&)> f, Dims sizes, Dims out_sizes,
            std::function<std::vector<int64_t>(const std::vector<int64_t>&)> from, std::function<void()> bad);

/// The checks of every row. Each returns a description of the failure, or "".
std::string check_values(const OpRow& row);
/// Gradients and second derivatives against differences, in float64.
std::string check_gradients(const OpRow& row);
std::string check_second_order(const OpRow& row);
std::string check_error(const OpRow& row);
/// Calls with one input of another dtype or other sizes: each works or is refused by an Error whose text names the op
/// and a dtype, sizes or a size of the inputs.
std::string check_refusals(const OpRow& row);
/// A graph dropped with and without a backward leaves no tensor alive.
std::string check_leaks(const OpRow& row);
/// Results, gradients and double backward in float32 against float64: standard memory, channels-last, and strided.
std::string check_float32(const OpRow& row);
/// Results and gradients in bfloat16 and float16 against float32 on the same values, and their dtypes.
std::string check_float16(const OpRow& row);
/// The same bits at 1, 2 and 3 threads.
std::string check_threads(const OpRow& row);

/// All tables of this executable; each registers itself through WEFT_ROW_TESTS.
using Table = std::vector<OpRow> (*)();
std::vector<Table>& tables();
inline bool add_table(Table table) { return tables().push_back(table), true; }

/// Applies one check to all rows and reports each that fails.
void run_rows(const std::vector<OpRow>& rows, std::string (*check)(const OpRow&));

}  // namespace weft::test

/// The test cases of one table.
#define WEFT_ROW_TESTS(rows)                                                                           \
  [[maybe_unused]] const bool named = weft::test::add_table(rows);                                     \
  BOOST_AUTO_TEST_CASE(values) { weft::test::run_rows(rows(), weft::test::check_values); }             \
  BOOST_AUTO_TEST_CASE(gradients) { weft::test::run_rows(rows(), weft::test::check_gradients); }       \
  BOOST_AUTO_TEST_CASE(second_order) { weft::test::run_rows(rows(), weft::test::check_second_order); } \
  BOOST_AUTO_TEST_CASE(errors) { weft::test::run_rows(rows(), weft::test::check_error); }              \
  BOOST_AUTO_TEST_CASE(refusals) { weft::test::run_rows(rows(), weft::test::check_refusals); }         \
  BOOST_AUTO_TEST_CASE(leaks) { weft::test::run_rows(rows(), weft::test::check_leaks); }               \
  BOOST_AUTO_TEST_CASE(float32) { weft::test::run_rows(rows(), weft::test::check_float32); }           \
  BOOST_AUTO_TEST_CASE(float16) { weft::test::run_rows(rows(), weft::test::check_float16); }           \
  BOOST_AUTO_TEST_CASE(threads) { weft::test::run_rows(rows(), weft::test::check_threads); }
