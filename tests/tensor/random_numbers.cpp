// The generator draws PyTorch's values; the counter-based one depends only on key and counter.
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <functional>

#include "tests/golden.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

using namespace weft;

namespace {

/// The numbers of random.json under "seed0/NAME".
std::vector<double> golden_stream(const std::string& name) {
  return test::read_json("random.json").at("seed0/" + name).get<std::vector<double>>();
}

/// Compares a float stream with the golden one: uniforms to the bit, normals to a few units in the last place, since
/// their logarithm and cosine come from the C library.
void check_stream(const Tensor& got, const std::string& name, double tolerance) {
  const auto want = golden_stream(name);
  BOOST_REQUIRE_EQUAL(got.numel(), static_cast<int64_t>(want.size()));
  const Tensor flat = got.to(kFloat64).contiguous();
  for (size_t i = 0; i < want.size(); ++i)
    BOOST_CHECK_MESSAGE(std::abs(flat.data_ptr<double>()[i] - want[i]) <= tolerance * std::abs(want[i]),
                        name << "[" << i << "]: " << flat.data_ptr<double>()[i] << " instead of " << want[i]);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(random_numbers)

BOOST_AUTO_TEST_CASE(streams_are_pytorchs) {
  for (int64_t n : {1, 5, 16, 20}) {
    manual_seed(0);
    check_stream(rand({n}), "rand" + std::to_string(n), 0);
    manual_seed(0);
    check_stream(randn({n}), "randn" + std::to_string(n), 2e-6);
  }
  manual_seed(0);
  check_stream(randperm(10), "randperm10", 0);
  manual_seed(0);
  check_stream(randint(100, {8}), "randint100x8", 0);
}

BOOST_AUTO_TEST_CASE(equal_seeds_give_equal_numbers) {
  manual_seed(7);
  const Tensor a = randn({33}), b = randn({33});
  manual_seed(7);
  BOOST_CHECK(randn({33}).equal(a));
  BOOST_CHECK(!a.equal(b));
  manual_seed(8);
  BOOST_CHECK(!randn({33}).equal(a));
}

BOOST_AUTO_TEST_CASE(state_is_saved_and_restored) {
  Generator g(3);
  g.normal();  // leaves the second of a pair behind
  for (int i = 0; i < 700; ++i) g.random();
  g.next_stream();
  const Tensor state = g.get_state();
  const double normal = g.normal();
  const uint32_t word = g.random();
  const uint64_t stream = g.next_stream();
  Generator h(99);
  h.set_state(state);
  BOOST_CHECK_EQUAL(h.normal(), normal);
  BOOST_CHECK_EQUAL(h.random(), word);
  BOOST_CHECK_EQUAL(h.next_stream(), stream);
  BOOST_CHECK_THROW(h.set_state(zeros({4}, kUInt8)), ValueError);
  BOOST_CHECK_THROW(h.set_state(zeros(state.sizes(), kInt64)), ValueError);
}

BOOST_AUTO_TEST_CASE(philox_is_the_published_generator) {
  // Known answers of Random123's kat_vectors for philox4x32-10 whose upper key and counter words are zero.
  const auto zero = philox(0, 0, 0);
  const std::array<uint32_t, 4> want = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  BOOST_CHECK_EQUAL_COLLECTIONS(zero.begin(), zero.end(), want.begin(), want.end());
  BOOST_CHECK(philox(1, 2, 3) == philox(1, 2, 3));
  BOOST_CHECK(philox(1, 2, 3) != philox(1, 2, 4));
  BOOST_CHECK(philox(1, 2, 3) != philox(1, 3, 3));
  BOOST_CHECK(philox(1, 2, 3) != philox(2, 2, 3));
}

BOOST_AUTO_TEST_CASE(distributions) {
  manual_seed(1);
  const Tensor u = empty({20000}).uniform_(-2, 3), n = empty({20000}).normal_(1, 2);
  BOOST_CHECK(u.min().item<double>() >= -2 && u.max().item<double>() < 3);
  BOOST_CHECK_SMALL(u.mean().item<double>() - 0.5, 0.05);
  BOOST_CHECK_SMALL(n.mean().item<double>() - 1, 0.06);
  BOOST_CHECK_SMALL(n.std().item<double>() - 2, 0.06);
  BOOST_CHECK_SMALL(empty({20000}).bernoulli_(0.3).mean().item<double>() - 0.3, 0.02);
  const Tensor i = randint(-3, 4, {5000});
  BOOST_CHECK_EQUAL(i.min().item<int64_t>(), -3);
  BOOST_CHECK_EQUAL(i.max().item<int64_t>(), 3);
  BOOST_CHECK(std::get<0>(randperm(1000).sort()).equal(arange(1000)));
  BOOST_CHECK_THROW(randint(3, 3, {2}), ValueError);
  BOOST_CHECK_THROW(empty({2}).uniform_(1, 0), ValueError);
  BOOST_CHECK_THROW(empty({2}).normal_(0, -1), ValueError);
  BOOST_CHECK_THROW(empty({2}).bernoulli_(1.5), ValueError);
}

// Bits that libtorch 1.13 draws after manual_seed(5): 16-bit floating point has draws of its own precision.
BOOST_AUTO_TEST_CASE(float16_streams) {
  const auto check = [](Dtype dtype, const std::function<void(Tensor&)>& fill, const std::vector<uint16_t>& want,
                        double tolerance) {
    Tensor t = empty({static_cast<int64_t>(want.size())}, dtype);
    manual_seed(5);
    fill(t);
    for (size_t i = 0; i < want.size(); ++i) {
      const float w = dtype == kFloat16 ? static_cast<float>(Half::from_bits(want[i]))
                                        : static_cast<float>(BFloat16::from_bits(want[i]));
      const auto got = t[static_cast<int64_t>(i)].item<float>();
      BOOST_TEST(std::abs(got - w) <= tolerance * std::abs(w),
                 dtype << " [" << i << "]: " << got << " instead of " << w);
    }
  };
  const auto uniform = [](Tensor& t) { t.uniform_(); };
  const auto wide_uniform = [](Tensor& t) { t.uniform_(-2.3, 1.7); };
  const auto normal = [](Tensor& t) { t.normal_(); };
  const auto wide_normal = [](Tensor& t) { t.normal_(0.3, 2.1); };
  const auto integers = [](Tensor& t) { t.random_(0, 100); };
  check(kFloat16, uniform, {14022, 11888, 15343, 15037, 14284, 14454, 14736, 10384, 14344}, 0);
  check(kFloat16, wide_uniform, {47324, 49048, 16042, 15430, 46496, 44160, 14256}, 0);
  check(kFloat16, normal, {47050, 47317, 47223, 14679, 45649}, 0x1p-10);
  check(kFloat16, normal, {48178, 46269, 16393, 16264, 13733, 13409, 15598, 45321, 14157, 13983, 48522,
                           14320, 14628, 49642, 45401, 43381, 48256, 12894, 48503, 15490, 48576},
        0.03);
  check(
      kFloat16, wide_normal,
      {49051, 46374, 17545, 17473, 15402, 47314, 48339, 14618, 13281, 15401, 50338, 47117, 16697, 16807, 16981, 45295},
      0.03);
  check(kFloat16, integers, {18816, 19200, 21552, 21840, 17920, 21600}, 0);
  check(kBFloat16, uniform, {16070, 16206, 16239, 16189, 16230, 16108, 16144, 16018, 15616}, 0);
  check(kBFloat16, wide_uniform, {48960, 16236, 16312, 16168, 16294, 48872, 48448}, 0);
  check(kBFloat16, normal, {48889, 48923, 48911, 16171, 48714}, 0x1p-7);
  check(kBFloat16, normal, {16248, 16307, 16369, 48573, 49113, 16333, 16087, 48760, 48924, 49104, 16354,
                            48961, 49085, 16313, 48962, 16080, 15687, 48962, 48618, 15879, 48807},
        0x1p-7);
  check(
      kBFloat16, wide_normal,
      {16405, 16462, 16520, 15836, 49232, 49132, 49114, 16241, 16180, 49159, 49188, 49225, 49180, 16280, 49088, 49062},
      0x1p-7);
  check(kBFloat16, integers, {16688, 16736, 17030, 17066, 16576, 17036}, 0);
}

BOOST_AUTO_TEST_SUITE_END()
