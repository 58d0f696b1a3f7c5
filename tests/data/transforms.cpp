// Image transforms: values against plain references, the one pass against sample-by-sample application,
// reproducibility.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>
#include <set>

#include "tests/data/support.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::data;
using namespace weft::data::transforms;
using datasets::SyntheticDigits;

namespace {

// The same images without the interface for the one pass.
struct Plain : datasets::Dataset<Plain> {
  explicit Plain(SyntheticDigits d) : digits(std::move(d)) {}
  Example<> get(size_t i) override { return digits.get(i); }
  std::optional<size_t> size() const override { return digits.size(); }
  SyntheticDigits digits;
};

std::vector<size_t> some() { return {5, 0, 199, 42, 5, 17, 100}; }

void check_same(const Example<>& a, const Example<>& b) {
  BOOST_TEST((a.data.sizes() == b.data.sizes()));
  BOOST_TEST((a.data.dtype() == b.data.dtype()));
  BOOST_TEST((values<float>(a.data) == values<float>(b.data)));
  BOOST_TEST((values<int64_t>(a.target) == values<int64_t>(b.target)));
}

// The pipeline on byte images in one pass gives the same values as sample by sample, in each epoch.
template <class F>
void check_one_pass(F&& pipeline) {
  const SyntheticDigits digits(200, 3);
  auto fast = pipeline(digits);
  auto slow = pipeline(Plain(digits));
  static_assert(decltype(fast)::is_one_pass && !decltype(slow)::is_one_pass);
  for (uint64_t epoch : {0, 1, 7}) check_same(fast.get_batch(some(), epoch), slow.get_batch(some(), epoch));
}

Tensor image(int64_t h, int64_t w) { return arange(1, h * w + 1).to(kFloat32).view({1, h, w}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(transforms)

BOOST_AUTO_TEST_CASE(normalised_values) {
  SyntheticDigits digits(50, 1);
  auto set = digits.map(Normalize<>(0.1307, 0.3081)).map(Stack<>());
  const std::vector<size_t> indices = {49, 3};
  const Example<> batch = set.get_batch(indices);
  BOOST_TEST((batch.data.sizes() == IntArrayRef({2, 1, 28, 28})));
  const auto bytes = values<uint8_t>(digits.pixels());
  const auto got = values<float>(batch.data);
  const float mean = 0.1307, deviation = 0.3081;
  int wrong = 0, ink = 0;
  for (size_t n = 0; n < 2; ++n)
    for (size_t i = 0; i < 784; ++i) {
      const float unit = static_cast<float>(bytes[indices[n] * 784 + i]) / 255.0f;
      wrong += got[n * 784 + i] != (unit - mean) / deviation;
      ink += unit > 0;
    }
  BOOST_TEST(wrong == 0);
  BOOST_TEST(ink > 100);
  BOOST_TEST(batch.target[0].item<int64_t>() == digits.targets()[49].item<int64_t>());
}

BOOST_AUTO_TEST_CASE(without_transforms_values_are_units) {
  SyntheticDigits digits(20, 1);
  const Example<> batch = digits.map(Stack<>()).get_batch({7});
  BOOST_TEST((values<float>(batch.data) == values<float>(digits.images()[7])));
  BOOST_TEST((values<float>(batch.data) == values<float>(digits.get(7).data)));
}

BOOST_AUTO_TEST_CASE(one_pass_equals_sample_by_sample) {
  check_one_pass([](auto set) { return set.map(Stack<>()); });
  check_one_pass([](auto set) { return set.map(Normalize<>(0.1307, 0.3081)).map(Stack<>()); });
  check_one_pass([](auto set) { return set.map(RandomShift(3).seed(1)).map(Stack<>()); });
  check_one_pass([](auto set) { return set.map(RandomShift(3).seed(1)).map(Normalize<>(0.1, 0.3)).map(Stack<>()); });
  check_one_pass([](auto set) { return set.map(Normalize<>(0.1, 0.3)).map(RandomShift(3).seed(1)).map(Stack<>()); });
  check_one_pass(
      [](auto set) { return set.map(RandomCrop(24, 2).seed(1)).map(RandomShift(1, 2).seed(4)).map(Stack<>()); });
  check_one_pass([](auto set) {
    return set.map(RandomRotation(20).seed(9))
        .map(Normalize<>(0.1, 0.3))
        .map(RandomCrop({20, 30}, 1).seed(2))
        .map(Stack<>());
  });
  check_one_pass([](auto set) {
    return set.map(Compose(RandomShift(2).seed(3), Normalize<>(0.5, 2), RandomRotation(5).seed(1))).map(Stack<>());
  });
}

BOOST_AUTO_TEST_CASE(one_pass_through_parts_and_sums) {
  auto pipeline = [](auto set) {
    auto shifted = set.map(RandomShift(3).seed(1));
    datasets::Subset part(std::move(shifted), {4, 9, 190, 7, 8});
    return part.map(Normalize<>(0.1, 0.3)).map(RandomRotation(9).seed(6)).map(Stack<>());
  };
  const SyntheticDigits digits(200, 3), more(30, 4);
  auto fast = pipeline(digits);
  auto slow = pipeline(Plain(digits));
  static_assert(decltype(fast)::is_one_pass && !decltype(slow)::is_one_pass);
  check_same(fast.get_batch({4, 0, 2}, 3), slow.get_batch({4, 0, 2}, 3));
  auto sum = datasets::ConcatDataset(digits, more).map(RandomShift(3).seed(1)).map(Stack<>());
  auto plain = datasets::ConcatDataset(Plain(digits), Plain(more)).map(RandomShift(3).seed(1)).map(Stack<>());
  static_assert(decltype(sum)::is_one_pass);
  check_same(sum.get_batch({229, 0, 200, 199}), plain.get_batch({229, 0, 200, 199}));
}

BOOST_AUTO_TEST_CASE(a_users_transform_takes_the_other_way) {
  const SyntheticDigits digits(200, 3);
  auto set = SyntheticDigits(digits)
                 .map(Normalize<>(0.1, 0.3))
                 .map(TensorLambda<>([](Tensor t) { return t.mul(2); }))
                 .map(Stack<>());
  static_assert(!decltype(set)::is_one_pass);
  auto one = SyntheticDigits(digits).map(Normalize<>(0.1, 0.3)).map(Stack<>());
  BOOST_TEST((values<float>(set.get_batch(some()).data) == values<float>(one.get_batch(some()).data.mul(2))));
}

BOOST_AUTO_TEST_CASE(numbers_follow_seed_epoch_and_sample) {
  const SyntheticDigits digits(200, 3);
  auto set = [&](uint64_t seed) { return SyntheticDigits(digits).map(RandomShift(3).seed(seed)).map(Stack<>()); };
  auto a = set(1), b = set(1), c = set(2);
  std::vector<size_t> all(200);
  std::iota(all.begin(), all.end(), size_t{0});
  const auto first = values<float>(a.get_batch(all, 0).data);
  BOOST_TEST((first == values<float>(b.get_batch(all, 0).data)));
  BOOST_TEST((first != values<float>(a.get_batch(all, 1).data)));
  BOOST_TEST((first != values<float>(c.get_batch(all, 0).data)));
  // a sample's values do not depend on its batch
  const auto alone = values<float>(a.get_batch({150}, 0).data);
  BOOST_TEST(std::equal(alone.begin(), alone.end(), first.begin() + 150 * 784));
  const int threads = get_num_threads();
  for (int n : {1, 2, 3}) {
    set_num_threads(n);
    BOOST_TEST((first == values<float>(a.get_batch(all, 0).data)));
  }
  set_num_threads(threads);
}

BOOST_AUTO_TEST_CASE(the_default_seed_is_the_generators) {
  manual_seed(77);
  BOOST_TEST(RandomShift(2).seed() == 77u);
  BOOST_TEST(RandomRotation(2).seed(5).seed() == 5u);
}

BOOST_AUTO_TEST_CASE(shifts_move_whole_pixels_and_reach_all) {
  Tensor dot = zeros({1, 9, 9});
  dot.data_ptr<float>()[4 * 9 + 4] = 1;
  RandomShift shift(2, 1);
  std::set<int64_t> places;
  Tensor out = empty({1, 9, 9});
  for (uint64_t sample = 0; sample < 400; ++sample) {
    shift.run(dot.data_ptr<float>(), out.data_ptr<float>(), {1, 9, 9}, {0, sample});
    BOOST_TEST(out.sum().item<float>() == 1);
    places.insert(out.argmax().item<int64_t>());
  }
  BOOST_TEST(places.size() == 15u);  // 5 by 3
  for (int64_t p : places) BOOST_TEST((std::abs(p % 9 - 4) <= 2 && std::abs(p / 9 - 4) <= 1));
}

BOOST_AUTO_TEST_CASE(crops_are_windows) {
  const Tensor in = image(6, 7);
  RandomCrop crop({4, 5}, 1);
  std::set<float> corners;
  Tensor out = empty({1, 4, 5});
  for (uint64_t sample = 0; sample < 500; ++sample) {
    crop.run(in.data_ptr<float>(), out.data_ptr<float>(), {1, 6, 7}, {0, sample});
    const auto v = values<float>(out);
    corners.insert(v[0]);
    if (v[0] > 0 && v[4] > 0) BOOST_TEST(v[4] == v[0] + 4);
    if (v[0] > 0 && v[15] > 0) BOOST_TEST(v[15] == v[0] + 21);
  }
  BOOST_TEST(corners.size() == 4 * 4 + 1u);  // rows and columns -1 to 3; those at -1 begin with the padding's 0
}

BOOST_AUTO_TEST_CASE(rotation) {
  const Tensor in = image(5, 5);
  Tensor out = empty({1, 5, 5});
  RandomRotation(0).run(in.data_ptr<float>(), out.data_ptr<float>(), {1, 5, 5}, {});
  BOOST_TEST((values<float>(out) == values<float>(in)));
  for (uint64_t sample = 0; sample < 20; ++sample) {
    RandomRotation(180).run(in.data_ptr<float>(), out.data_ptr<float>(), {1, 5, 5}, {0, sample});
    BOOST_TEST(values<float>(out)[12] == 13);  // the centre stays
    BOOST_TEST(out.max().item<float>() <= 25);
  }
}

BOOST_AUTO_TEST_CASE(a_transform_called_by_hand) {
  manual_seed(1);
  RandomShift shift(3);
  const Tensor in = image(8, 8), a = shift(in), b = shift(in), c = shift(in);
  BOOST_TEST(((values<float>(a) != values<float>(b)) || (values<float>(a) != values<float>(c))));
  manual_seed(1);
  BOOST_TEST((values<float>(shift(in)) == values<float>(a)));
  const Tensor normal = Normalize<>({1, 2}, {2, 4})(ones({2, 1, 1}));
  BOOST_TEST(values<float>(normal) == (std::vector<float>{0, -0.25}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refused) {
  BOOST_CHECK_THROW(Normalize<>(0.1, 0), ValueError);
  BOOST_CHECK_THROW(Normalize<>({0.1, 0.2}, {0.3}), ValueError);
  BOOST_CHECK_THROW(RandomShift(-1), ValueError);
  BOOST_CHECK_THROW(RandomCrop(0), ValueError);
  BOOST_CHECK_THROW(RandomCrop({1, 2, 3}), ValueError);
  BOOST_CHECK_THROW(RandomCrop(3, -1), ValueError);
  BOOST_CHECK_THROW(RandomRotation(181), ValueError);
  SyntheticDigits digits(5, 1);
  check_throws<ShapeError>([&] { digits.map(RandomCrop(29)).map(Stack<>()).get_batch({0}); }, {"29x29", "28x28"});
  check_throws<ShapeError>(
      [&] {
        digits.map(Normalize<>({1, 2}, {3, 4})).map(Stack<>()).get_batch({0});
      },
      {"2 channels", "1"});
  BOOST_CHECK_THROW(digits.map(Stack<>()).get_batch({5}), IndexError);
  BOOST_CHECK_THROW(RandomShift(1)(zeros({4, 4})), ShapeError);
  BOOST_CHECK_THROW(RandomShift(1)(zeros({1, 4, 4}, kFloat64)), DtypeError);
}

BOOST_AUTO_TEST_SUITE_END()
