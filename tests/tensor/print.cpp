// Compares printed tensors with libtorch's C++ output.
#include <iomanip>
#include <limits>
#include <sstream>

#include "weft/tests/tensor/plain.h"

using namespace weft;
using namespace weft::plain;

BOOST_AUTO_TEST_SUITE(print)

BOOST_AUTO_TEST_CASE(few_dimensions) {
  BOOST_TEST(to_string(Tensor()) == "[ Tensor (undefined) ]");
  BOOST_TEST(to_string(tensor(3.5)) == "3.5\n[ CPUFloatType{} ]");
  BOOST_TEST(to_string(tensor(7)) == "7\n[ CPULongType{} ]");
  BOOST_TEST(to_string(tensor({1, 20, -3})) == "  1\n 20\n -3\n[ CPULongType{3} ]");
  BOOST_TEST(to_string(tensor({1.5, 2.25})) == " 1.5000\n 2.2500\n[ CPUFloatType{2} ]");
  BOOST_TEST(to_string(tensor({true, false})) == " 1\n 0\n[ CPUBoolType{2} ]");
  BOOST_TEST(to_string(tensor({{1., 2.}, {3., 4.}}, kFloat64)) == " 1  2\n 3  4\n[ CPUDoubleType{2,2} ]");
  BOOST_TEST(to_string(tensor({{0.5, -0.25}}, kFloat32)) == " 0.5000 -0.2500\n[ CPUFloatType{1,2} ]");
  BOOST_TEST(to_string(zeros({2}, kUInt8)) == " 0\n 0\n[ CPUByteType{2} ]");
  BOOST_TEST(to_string(zeros({2}, kInt32)) == " 0\n 0\n[ CPUIntType{2} ]");
}

BOOST_AUTO_TEST_CASE(empty_tensors) {
  BOOST_TEST(to_string(empty({0})) == "[ CPUFloatType{0} ]");
  BOOST_TEST(to_string(empty({0, 3})) == "[ CPUFloatType{0,3} ]");
  BOOST_TEST(to_string(empty({2, 0, 3})) == "[ CPUFloatType{2,0,3} ]");
}

BOOST_AUTO_TEST_CASE(scales_and_exponents) {
  BOOST_TEST(to_string(tensor({123456.5, 200000.25}, kFloat64)) == "1e+05 *\n 1.2346\n 2.0000\n[ CPUDoubleType{2} ]");
  BOOST_TEST(to_string(tensor({0.0015, 0.0025}, kFloat64)) == "0.001 *\n 1.5000\n 2.5000\n[ CPUDoubleType{2} ]");
  BOOST_TEST(to_string(tensor({1e-3, 12345.5}, kFloat64)) == " 1.0000e-03\n 1.2346e+04\n[ CPUDoubleType{2} ]");
  BOOST_TEST(to_string(tensor({1e-120, 1.5}, kFloat64)) == " 1.0000e-120\n  1.5000e+00\n[ CPUDoubleType{2} ]");
  BOOST_TEST(to_string(tensor({1e10, 1.}, kFloat64)) == " 1.0000e+10\n 1.0000e+00\n[ CPUDoubleType{2} ]");
  BOOST_TEST(to_string(tensor({{1e5 + 0.5, 2.}, {3., 4.}}, kFloat64)) ==
             " 1.0000e+05  2.0000e+00\n 3.0000e+00  4.0000e+00\n[ CPUDoubleType{2,2} ]");
  BOOST_TEST(to_string(tensor({{123456.5, 223456.}, {323456., 423456.}}, kFloat64)) ==
             "1e+05 *\n 1.2346  2.2346\n  3.2346  4.2346\n[ CPUDoubleType{2,2} ]");
}

BOOST_AUTO_TEST_CASE(not_finite) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), inf = std::numeric_limits<double>::infinity();
  BOOST_TEST(to_string(tensor({nan, 1.5, -inf}, kFloat64)) == "    nan\n 1.5000\n   -inf\n[ CPUDoubleType{3} ]");
  BOOST_TEST(to_string(tensor({nan, nan}, kFloat64)) == "nan\nnan\n[ CPUDoubleType{2} ]");
}

BOOST_AUTO_TEST_CASE(columns_wrap) {
  const Tensor wide = arange(30).reshape({1, 30});
  const std::string got = to_string(wide);
  BOOST_TEST(got ==
             "Columns 1 to 20  0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17  18  19\n\n"
             "Columns 21 to 30 20  21  22  23  24  25  26  27  28  29\n[ CPULongType{1,30} ]");
}

BOOST_AUTO_TEST_CASE(slices) {
  BOOST_TEST(to_string(arange(8).reshape({2, 2, 2})) ==
             "(1,.,.) = \n  0  1\n  2  3\n\n(2,.,.) = \n  4  5\n  6  7\n[ CPULongType{2,2,2} ]");
  const std::string four = to_string(arange(8).reshape({2, 2, 1, 2}));
  BOOST_TEST(four ==
             "(1,1,.,.) = \n  0  1\n\n(2,1,.,.) = \n  4  5\n\n(1,2,.,.) = \n  2  3\n\n(2,2,.,.) = \n  6  7\n"
             "[ CPULongType{2,2,1,2} ]");
}

BOOST_AUTO_TEST_CASE(any_memory_layout) {
  const auto values = some_integers(2 * 3 * 4 * 5, -9, 9);
  const std::string want = to_string(tensor_of(values, {2, 3, 4, 5}, kFloat32));
  for (Layout layout : kLayouts) BOOST_TEST(to_string(tensor_of(values, {2, 3, 4, 5}, kFloat32, layout)) == want);
}

// As in libtorch, integers after a slice with fractions keep its precision.
BOOST_AUTO_TEST_CASE(precision_carries_over) {
  BOOST_TEST(to_string(tensor({{{0.5}}, {{123456.}}}, kFloat64)) ==
             "(1,.,.) = \n  0.5000\n\n(2,.,.) = \n 1.235e+05\n[ CPUDoubleType{2,1,1} ]");
}

// The stream's state is unchanged.
BOOST_AUTO_TEST_CASE(stream_state) {
  std::ostringstream out;
  out << std::setprecision(3) << tensor({1.5, 1e-9}, kFloat64);
  out.str("");
  out << 2.0 / 3 << ' ' << 1e9;
  BOOST_TEST(out.str() == "0.667 1e+09");
}

BOOST_AUTO_TEST_SUITE_END()
