// Compares nearest neighbours with a plain search, and with scikit-learn's results on iris.
#include "weft/train/nearest.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>

#include "weft/data/cross_validation.h"
#include "weft/data/csv.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::train;

namespace {

// Every distance, sorted.
void check_against_plain(const Tensor& points, const Tensor& queries, int64_t k) {
  const Tensor labels = arange(points.size(0)) % 3;
  const Neighbors found = KNeighborsClassifier(points, labels).kneighbors(queries, k);
  const Tensor p = points.to(kDouble), q = queries.to(kDouble);
  for (int64_t i = 0; i < queries.size(0); ++i) {
    const Tensor far = (p - q[i]).square().sum({1});
    std::vector<std::pair<double, int64_t>> order;
    for (int64_t j = 0; j < far.numel(); ++j) order.emplace_back(far.data_ptr<double>()[j], j);
    std::sort(order.begin(), order.end());
    for (int64_t j = 0; j < k; ++j) {
      const auto [squared, index] = order[static_cast<size_t>(j)];
      BOOST_TEST(found.indices[i][j].item<int64_t>() == index, "query " << i << ", neighbour " << j);
      BOOST_TEST(found.distances[i][j].item<double>() == std::sqrt(squared), boost::test_tools::tolerance(1e-9));
    }
  }
}

Tensor ids(std::vector<int64_t> v) {
  Tensor t = empty({static_cast<int64_t>(v.size())}, kInt64);
  std::copy(v.begin(), v.end(), t.data_ptr<int64_t>());
  return t;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(nearest)

BOOST_AUTO_TEST_CASE(finds_the_nearest) {
  manual_seed(1);
  for (Dtype dtype : {kFloat32, kFloat64})
    for (int64_t features : {2, 40}) BOOST_TEST_CONTEXT(dtype << " " << features) {
        check_against_plain(randn({4300, features}, dtype), randn({7, features}, dtype), 5);
        check_against_plain(randn({3, features}, dtype), randn({2, features}, dtype), 3);
      }
  check_against_plain(randn({50, 20}), randn({1100, 20}), 2);  // several blocks of queries
  // Pixels, and points of which many are equal: the first of equal ones comes first.
  check_against_plain(randint(0, 2, {300, 3}).to(kFloat), randint(0, 2, {20, 3}).to(kFloat), 40);
  check_against_plain(randint(0, 256, {500, 784}).to(kFloat), randint(0, 256, {5, 784}).to(kFloat), 7);
}

BOOST_AUTO_TEST_CASE(votes_and_ties) {
  // On a line: classes 2, 1, 1, 0 at distances 1, 2, 3 and 4 of 0.
  const KNeighborsClassifier knn(tensor({{1.}, {-2.}, {3.}, {-4.}}), ids({2, 1, 1, 0}));
  const Tensor zero = zeros({1, 1});
  BOOST_TEST(knn.classes() == 3);
  for (auto [k, answer] : {std::pair<int64_t, int64_t>{1, 2}, {2, 1}, {3, 1}, {4, 1}})
    BOOST_TEST(knn.predict(zero, k).item<int64_t>() == answer, "k " << k);  // at k = 2 the smaller of two
  BOOST_TEST(knn.predict(zero, 2, NeighborWeights::kDistance).item<int64_t>() == 2);
  const Neighbors found = knn.kneighbors(zero, 4);
  BOOST_TEST(knn.votes(found, 0, NeighborWeights::kDistance).allclose(tensor({{0.25, 1 / 2. + 1 / 3., 1.}}, kFloat64)));
  BOOST_TEST(knn.votes(found, 2).equal(tensor({{0., 1., 1.}}, kFloat64)));
  // A neighbour at distance zero decides alone.
  const KNeighborsClassifier touching(tensor({{0.}, {0.1}, {0.2}}), ids({0, 1, 1}));
  BOOST_TEST(touching.predict(zero, 3).item<int64_t>() == 1);
  BOOST_TEST(touching.predict(zero, 3, NeighborWeights::kDistance).item<int64_t>() == 0);
}

// 6-fold cross validation of sklearn.neighbors.KNeighborsClassifier(k), scikit-learn 1.2.1: wrong of 150.
BOOST_AUTO_TEST_CASE(iris_as_scikit_learn) {
  const int wrong[2][30] = {{6, 9, 5, 5, 5, 5, 4, 5, 4, 6, 4, 3, 4, 5, 4, 4, 4, 5, 5, 5, 5, 5, 5, 6, 5, 8, 6, 7, 8, 9},
                            {6, 6, 5, 5, 5, 6, 4, 5, 4, 6, 4, 4, 4, 4, 4, 4, 4, 6, 5, 5, 4, 4, 4, 5, 4, 4, 4, 4, 5, 5}};
  const data::datasets::Iris iris(kFloat64);
  int64_t found[2][30] = {};
  for (const data::Fold& fold : data::stratified_k_fold(iris.target(), 6)) {
    const auto known = iris.gather(fold.train), asked = iris.gather(fold.test);
    const KNeighborsClassifier knn(known.data, known.target);
    const Neighbors neighbors = knn.kneighbors(asked.data, 30);
    for (int64_t k = 1; k <= 30; ++k)
      for (auto weights : {NeighborWeights::kUniform, NeighborWeights::kDistance})
        found[weights == NeighborWeights::kDistance][k - 1] +=
            knn.votes(neighbors, k, weights).argmax(1).ne(asked.target).sum().item<int64_t>();
  }
  for (int w = 0; w < 2; ++w)
    for (int k = 0; k < 30; ++k) BOOST_TEST(found[w][k] == wrong[w][k], "weights " << w << ", k " << k + 1);
}

BOOST_AUTO_TEST_CASE(the_same_bits_on_any_number_of_threads) {
  manual_seed(4);
  const KNeighborsClassifier knn(randn({3000, 30}), randint(10, {3000}));
  const Tensor queries = randn({700, 30});
  const int before = get_num_threads();
  set_num_threads(1);
  const Neighbors one = knn.kneighbors(queries, 4);
  set_num_threads(3);
  const Neighbors three = knn.kneighbors(queries, 4);
  set_num_threads(before);
  BOOST_TEST(one.indices.equal(three.indices));
  BOOST_TEST(one.distances.equal(three.distances));
}

BOOST_AUTO_TEST_CASE(what_does_not_fit) {
  const Tensor points = zeros({4, 3}), labels = ids({0, 1, 0, 1});
  const KNeighborsClassifier knn(points, labels);
  BOOST_CHECK_THROW(knn.kneighbors(zeros({2, 3}), 0), ValueError);
  BOOST_CHECK_THROW(knn.kneighbors(zeros({2, 3}), 5), ValueError);
  BOOST_CHECK_THROW(knn.kneighbors(zeros({2, 4}), 1), ShapeError);
  BOOST_CHECK_THROW(knn.kneighbors(zeros({3}), 1), ShapeError);
  BOOST_CHECK_THROW(knn.kneighbors(zeros({2, 3}, kFloat64), 1), DtypeError);
  BOOST_CHECK_THROW(knn.votes(knn.kneighbors(zeros({2, 3}), 2), 3), ValueError);
  BOOST_CHECK_THROW(KNeighborsClassifier(points, ids({0, 1})), ShapeError);
  BOOST_CHECK_THROW(KNeighborsClassifier(points.to(kInt64), labels), DtypeError);
  BOOST_CHECK_THROW(KNeighborsClassifier(points, ids({0, 1, -1, 0})), IndexError);
  BOOST_CHECK_THROW(KNeighborsClassifier(zeros({0, 3}), ids({})), ValueError);
  BOOST_TEST(knn.predict(zeros({0, 3}), 1).numel() == 0);
}

BOOST_AUTO_TEST_SUITE_END()
