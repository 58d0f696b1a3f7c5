// Number of copies of a data set: none by map, subsets and splits, one per worker by a loader, none if it is shared.
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <mutex>
#include <set>

#include "tests/data/support.h"

using namespace weft;
using namespace weft::data;
using datasets::ConcatDataset;
using datasets::random_split;
using datasets::Subset;
using samplers::SequentialSampler;
using transforms::Stack;

namespace {

// Counters shared by all copies of one data set.
struct Tally {
  std::atomic<int> copies{0};
  std::mutex mutex;
  std::set<const void*> called;  // the copies on which get() ran
};

struct Counted : datasets::Dataset<Counted> {
  Counted(size_t n, std::shared_ptr<Tally> tally) : inner(n), tally(std::move(tally)) {}
  Counted(const Counted& o) : Dataset(o), inner(o.inner), tally(o.tally) { ++tally->copies; }
  Counted(Counted&&) = default;
  Example<> get(size_t i) override {
    std::lock_guard lock(tally->mutex);
    tally->called.insert(this);
    return inner.get(i);
  }
  std::optional<size_t> size() const override { return inner.size(); }
  Counting inner;
  std::shared_ptr<Tally> tally;
};

// A user's decorator, independent of weft's.
template <class D>
struct Wrapper : datasets::BatchDataset<Wrapper<D>, typename D::BatchType> {
  explicit Wrapper(D inner) : inner(std::move(inner)) {}
  typename D::BatchType get_batch(ArrayRef<size_t> request) override { return inner.get_batch(request); }
  std::optional<size_t> size() const override { return inner.size(); }
  D inner;
};

// The copies made while a loader with this many workers runs two epochs, and the copies that it called.
template <class D>
std::pair<int, size_t> run(D dataset, size_t workers, Tally& tally) {
  const int before = tally.copies;
  tally.called.clear();
  auto loader = make_data_loader<SequentialSampler>(std::move(dataset), DataLoaderOptions(1).workers(workers));
  for (int i = 0; i < 2; ++i)
    for (auto& batch : *loader) static_cast<void>(batch);
  return {tally.copies - before, tally.called.size()};
}

struct Fixture {
  std::shared_ptr<Tally> tally = std::make_shared<Tally>();
  Counted set{200, tally};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(sharing, Fixture)

BOOST_AUTO_TEST_CASE(each_worker_calls_a_copy_of_its_own) {
  const auto at = run(std::move(set), 0, *tally);
  BOOST_TEST(at.first == 0);
  BOOST_TEST(at.second == 1u);
  for (size_t workers : {1, 4}) {
    const auto [copies, called] = run(Counted(200, tally), workers, *tally);
    BOOST_TEST(copies == static_cast<int>(workers));
    BOOST_TEST(called <= workers);
  }
}

BOOST_AUTO_TEST_CASE(map_and_parts_copy_once) {
  auto parts = random_split(set, {150, 50});
  BOOST_TEST(tally->copies == 1);
  auto mapped = parts[0].map(Stack<>()), again = mapped;
  auto both = ConcatDataset(parts[0], parts[1]);
  auto some = Subset(both, {3, 4});
  BOOST_TEST(tally->copies == 1);
  BOOST_TEST(&parts[0].dataset() == &parts[1].dataset());
  random_split(std::move(set), {0.5, 0.5});
  BOOST_TEST(tally->copies == 1);
}

BOOST_AUTO_TEST_CASE(workers_share_no_part) {
  auto parts = random_split(std::move(set), {150, 50});
  for (size_t workers : {1, 4}) {
    const auto [copies, called] = run(parts[0].map(Stack<>()), workers, *tally);
    BOOST_TEST(copies == static_cast<int>(workers));
    BOOST_TEST(called <= workers);
    BOOST_TEST(tally->called.count(&parts[0].dataset()) == 0u);
    const auto both = run(Wrapper(ConcatDataset(parts[0].map(Stack<>()).dataset(), parts[1])), workers, *tally);
    BOOST_TEST(both.first == static_cast<int>(2 * workers));  // one for each of its data sets
    BOOST_TEST(tally->called.count(&parts[0].dataset()) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(a_shared_set_is_never_copied) {
  auto shared = datasets::make_shared_dataset<Counted>(200, tally);
  BOOST_TEST(*shared.size() == 200u);
  auto parts = random_split(shared, {150, 50});
  for (size_t workers : {0, 1, 4}) {
    const auto [copies, called] = run(parts[0].map(Stack<>()), workers, *tally);
    BOOST_TEST(copies == 0);
    BOOST_TEST(called == 1u);
    BOOST_TEST(tally->called.count(&*shared) == 1u);
  }
}

BOOST_AUTO_TEST_CASE(a_shared_set_of_images_is_made_in_one_pass) {
  using Digits = datasets::SyntheticDigits;
  auto shared = datasets::make_shared_dataset<Digits>(20, 1).map(transforms::RandomShift(2).seed(1)).map(Stack<>());
  static_assert(decltype(shared)::is_one_pass);
  auto own = Digits(20, 1).map(transforms::RandomShift(2).seed(1)).map(Stack<>());
  const std::vector<size_t> all{0, 5, 19};
  BOOST_TEST(shared.get_batch(all, 3).data.equal(own.get_batch(all, 3).data));
  auto rows =
      datasets::make_shared_dataset<datasets::TensorDataset<Example<>>>(ones({4, 2}), zeros({4})).map(Stack<>());
  static_assert(decltype(rows)::is_gather);
  BOOST_TEST((rows.get_batch(std::vector<size_t>{1, 2}).data.sizes() == IntArrayRef{2, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
