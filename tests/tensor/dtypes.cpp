// Dtypes of results: compares a table of calls with libtorch's results in golden/dtypes.txt.
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <map>

#include "weft/weft.h"

using namespace weft;

namespace {

constexpr Dtype kDtypes[] = {kBool, kUInt8, kInt8, kInt16, kInt32, kInt64, kFloat16, kBFloat16, kFloat32, kFloat64};
const Scalar kNumbers[] = {true, 2, 1.5, 2.0};

// A letter per dtype (r: bfloat16); x: the call throws; ?: libtorch 1.13 has no 16-bit kernel.
using Results = std::string;
char result_of(const std::function<Tensor()>& call) {
  try {
    return "bucsilhrfd"[static_cast<int>(call().dtype())];
  } catch (const DtypeError&) {
    return 'x';
  } catch (const ValueError&) {
    return 'x';
  }
}

using Table = std::map<std::string, Results>;

Table computed() {
  Table table;
  const auto two = [&](const std::string& name, const Dims& sizes_of_b, Tensor (*f)(Tensor, Tensor)) {
    Results& r = table[name];
    for (Dtype d : kDtypes)
      for (Dtype e : kDtypes) r += result_of([&] { return f(ones({2, 2}, d), ones(sizes_of_b, e)); });
  };
#define WEFT_ONE(name, call)                \
  for (Dtype dtype : kDtypes)               \
    table["one " #name] += result_of([&] {  \
      const Tensor a = ones({2, 2}, dtype); \
      return call;                          \
    });
#define WEFT_EQUAL(name, call) two("two " #name, {2, 2}, [](Tensor a, Tensor b) -> Tensor { return call; });
#define WEFT_TWO(name, call) \
  WEFT_EQUAL(name, call)     \
  two("two0 " #name, {}, [](Tensor a, Tensor b) -> Tensor { return call; });
#define WEFT_NUMBER(name, call)                 \
  for (Dtype dtype : kDtypes)                   \
    for (const Scalar& s : kNumbers)            \
      table["number " #name] += result_of([&] { \
        const Tensor a = ones({2, 2}, dtype);   \
        return call;                            \
      });
#include "tests/tensor/dtype_ops.def"
  return table;
}

Table golden() {
  std::ifstream file(WEFT_TEST_DIR "/golden/dtypes.txt");
  Table table;
  for (std::string kind, name, results; file >> kind >> name >> results;) table[kind + " " + name] = results;
  return table;
}

// Calls that libtorch rejects and weft computes: fractions of integers, operands of several floating types, topk of
// bools.
bool goes_beyond(const std::string& name) {
  return name.ends_with(" addcdiv") || name.ends_with(" lerp") || name.ends_with(" topk");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dtypes)

BOOST_AUTO_TEST_CASE(of_results_are_libtorchs) {
  const Table ours = computed(), theirs = golden();
  BOOST_TEST(ours.size() == theirs.size());
  size_t combinations = 0;
  for (const auto& [name, results] : theirs) {
    BOOST_REQUIRE_MESSAGE(ours.contains(name), name);
    const Results& own = ours.at(name);
    BOOST_REQUIRE_EQUAL(own.size(), results.size());
    for (size_t i = 0; i < results.size(); ++i) {
      if (results[i] == '?' || (results[i] == 'x' && goes_beyond(name))) continue;
      BOOST_TEST(own[i] == results[i], name << ", combination " << i << ": " << own[i] << ", expected " << results[i]);
      ++combinations;
    }
  }
  BOOST_TEST(combinations > 9500);
}

BOOST_AUTO_TEST_CASE(of_bool_and_uint8_have_the_right_values) {
  const Tensor flags = tensor({true, false, true});
  BOOST_TEST(flags.square().equal(tensor({1, 0, 1}, kInt64)));
  BOOST_TEST(flags.pow(2).equal(tensor({1, 0, 1}, kInt64)));
  BOOST_TEST(tensor({3, 4}, kInt32).pow(2.0).equal(tensor({9.0, 16.0}, kFloat32)));
  const Tensor bytes = tensor({{0, 7}, {0, 0}}, kUInt8);
  BOOST_TEST(bytes.any(0).equal(tensor({0, 1}, kUInt8)));
  BOOST_TEST(bytes.all(0).equal(tensor({0, 0}, kUInt8)));
  BOOST_TEST(bytes.any().item<int64_t>() == 1);
  BOOST_TEST((bytes + 1).all().item<int64_t>() == 1);
}

BOOST_AUTO_TEST_CASE(of_class_ids_may_be_any_integer) {
  const Tensor scores = tensor({{0.5, 2.0, -1.0}, {1.0, 0.0, 0.25}}, kFloat64), ids = tensor({1, 2}, kInt64);
  const Tensor weight = tensor({1.0, 2.0, 0.5}, kFloat64);
  for (const Dtype dtype : {kInt64, kInt32, kUInt8, kInt8, kInt16}) {
    BOOST_TEST(cross_entropy(scores, ids.to(dtype)).equal(cross_entropy(scores, ids)));
    BOOST_TEST(nll_loss(scores, ids.to(dtype), weight).equal(nll_loss(scores, ids, weight)));
  }
  for (const Dtype dtype : {kBool, kFloat32}) {
    BOOST_CHECK_THROW((void)cross_entropy(scores, ids.to(dtype)), Error);
    BOOST_CHECK_THROW((void)nll_loss(scores, ids.to(dtype)), DtypeError);
  }
}

BOOST_AUTO_TEST_CASE(options_of_to) {
  const Tensor x = ones({2});
  BOOST_CHECK_THROW((void)x.to(TensorOptions().requires_grad(true)), ValueError);
  BOOST_TEST(x.to(TensorOptions(kFloat64).requires_grad(false)).dtype() == kFloat64);
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_there_is_named) {
  const auto names_sizes = [](const OutOfMemoryError& e) {
    return std::string(e.what()).find("[1048576, 1048576, 4096]") != std::string::npos;
  };
  const Tensor one = ones({});
  const Dims sizes{1 << 20, 1 << 20, 1 << 12};
  BOOST_CHECK_EXCEPTION((void)empty(sizes), OutOfMemoryError, names_sizes);
  BOOST_CHECK_EXCEPTION((void)zeros(sizes, kUInt8), OutOfMemoryError, names_sizes);
  BOOST_CHECK_EXCEPTION((void)one.expand(sizes).clone(), OutOfMemoryError, names_sizes);
  BOOST_CHECK_EXCEPTION((void)(one.expand(sizes) + 1), OutOfMemoryError, names_sizes);
  BOOST_CHECK_EXCEPTION((void)one.expand(sizes).exp(), OutOfMemoryError, names_sizes);
  BOOST_CHECK_EXCEPTION((void)one.expand(sizes).to(kFloat64), OutOfMemoryError, names_sizes);
  BOOST_CHECK_THROW((void)one.expand(sizes).repeat({1, 1, 2}), Error);
}

BOOST_AUTO_TEST_CASE(memory_at_null_is_refused) {
  BOOST_CHECK_THROW((void)from_blob(nullptr, {2, 3}), ValueError);
  BOOST_CHECK_THROW((void)from_blob(nullptr, {}), ValueError);
  BOOST_TEST(from_blob(nullptr, {0, 3}).numel() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
