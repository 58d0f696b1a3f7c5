// Folds: equal to scikit-learn's without randomness, and valid ones with it.
#include "weft/data/cross_validation.h"

#include <algorithm>
#include <map>

#include "tests/data/support.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::data;

namespace {

using Samples = std::vector<size_t>;

std::vector<Samples> tests_of(const std::vector<Fold>& folds) {
  std::vector<Samples> out;
  for (const Fold& f : folds) out.push_back(f.test);
  return out;
}

// Every sample is tested once, and trained on wherever it is not tested.
void check_partition(const std::vector<Fold>& folds, size_t size) {
  std::vector<int> tested(size);
  for (const Fold& f : folds) {
    for (size_t i : f.test) ++tested[i];
    Samples all = f.train;
    all.insert(all.end(), f.test.begin(), f.test.end());
    BOOST_TEST(std::is_sorted(f.train.begin(), f.train.end()));
    BOOST_TEST(std::is_sorted(f.test.begin(), f.test.end()));
    std::sort(all.begin(), all.end());
    Samples wanted(size);
    for (size_t i = 0; i < size; ++i) wanted[i] = i;
    BOOST_TEST(all == wanted, boost::test_tools::per_element());
  }
  BOOST_TEST(std::count(tested.begin(), tested.end(), 1) == static_cast<int64_t>(size));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(cross_validation)

BOOST_AUTO_TEST_CASE(unshuffled_folds_are_scikit_learns) {
  BOOST_TEST((tests_of(k_fold(10, 3)) == std::vector<Samples>{{0, 1, 2, 3}, {4, 5, 6}, {7, 8, 9}}));
  const Tensor y = from_values({3, 1, 1, 3, 2, 3, 3, 1, 2, 3, 1});
  BOOST_TEST((tests_of(stratified_k_fold(y, 2)) == std::vector<Samples>{{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}}));
  BOOST_TEST((tests_of(stratified_k_fold(y, 3)) == std::vector<Samples>{{0, 1, 3, 4}, {2, 5, 6, 8}, {7, 9, 10}}));
  check_partition(k_fold(10, 3), 10);
  check_partition(stratified_k_fold(y, 3), 11);
}

BOOST_AUTO_TEST_CASE(shuffled_folds) {
  manual_seed(5);
  const std::vector<Fold> folds = k_fold(23, 4, true);
  check_partition(folds, 23);
  BOOST_TEST(folds[0].test.size() == 6u);
  BOOST_TEST(folds[3].test.size() == 5u);
  BOOST_TEST((tests_of(folds) != tests_of(k_fold(23, 4))));
  manual_seed(5);
  BOOST_TEST((tests_of(folds) == tests_of(k_fold(23, 4, true))));

  std::vector<int64_t> labels;
  for (int64_t i = 0; i < 90; ++i) labels.push_back(i % 9 == 0 ? 7 : i % 2 ? -1 : 100);
  const auto strata = stratified_k_fold(from_values(labels), 5, true);
  check_partition(strata, 90);
  BOOST_TEST((tests_of(strata) != tests_of(stratified_k_fold(from_values(labels), 5))));
  for (const Fold& f : strata) {
    std::map<int64_t, int> count;
    for (size_t i : f.test) ++count[labels[i]];
    BOOST_TEST(f.test.size() == 18u);
    BOOST_TEST(count[7] == 2);
    BOOST_TEST(count[-1] == 8);
    BOOST_TEST(count[100] == 8);
  }
}

BOOST_AUTO_TEST_CASE(folds_that_cannot_be) {
  check_throws<ValueError>([] { k_fold(10, 1); }, {"1 folds of 10 samples"});
  check_throws<ValueError>([] { k_fold(3, 4); }, {"4 folds of 3 samples"});
  const Tensor y = from_values({0, 0, 0, 1});
  check_throws<ValueError>([&] { stratified_k_fold(y, 4); }, {"4 folds", "3 samples"});
  check_throws<ValueError>([&] { stratified_k_fold(y, 0); }, {"0 folds"});
  check_throws<ValueError>([&] { stratified_k_fold(from_values({}), 2); }, {"0 samples"});
  check_throws<ShapeError>([&] { stratified_k_fold(y.unsqueeze(1), 2); }, {"[4, 1]"});
  check_throws<DtypeError>([&] { stratified_k_fold(y.to(kFloat), 2); }, {"float32"});
  BOOST_TEST(stratified_k_fold(y, 3)[0].test.size() == 2u);  // class 1 is in one fold only, as scikit-learn allows
}

BOOST_AUTO_TEST_CASE(folds_feed_subsets) {
  datasets::TensorDataset set(arange(10).to(kFloat), arange(10));
  double sum = 0;
  for (const Fold& f : k_fold(10, 5)) {
    auto loader = make_data_loader(datasets::Subset(set, f.test).map(transforms::Stack<>()), 2);
    for (auto& batch : *loader) sum += batch.data.sum().item<double>();
  }
  BOOST_TEST(sum == 45);
}

BOOST_AUTO_TEST_SUITE_END()
