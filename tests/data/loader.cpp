// The loader: order, workers, errors, epochs, leaving early, and its state.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

#include "tests/data/support.h"
#include "weft/tensor/parallel.h"
#include "weft/tensor/random.h"

using namespace weft;
using namespace weft::data;
using samplers::RandomSampler;
using samplers::SequentialSampler;
using transforms::Normalize;
using transforms::Stack;

namespace {

template <class Loader>
std::vector<std::vector<int64_t>> epoch(Loader& loader) {
  std::vector<std::vector<int64_t>> batches;
  for (auto& batch : loader) batches.push_back(values<int64_t>(batch.target));
  return batches;
}

std::vector<std::vector<int64_t>> counted(int64_t n, int64_t batch) {
  std::vector<std::vector<int64_t>> batches;
  for (int64_t i = 0; i < n; ++i) {
    if (i % batch == 0) batches.emplace_back();
    batches.back().push_back(i);
  }
  return batches;
}

// Samples below 4 are returned only when the gate is open; a request for sample `opener` opens it.
struct Gated : datasets::Dataset<Gated> {
  explicit Gated(size_t n, size_t opener = SIZE_MAX) : inner(n), opener(opener) {}
  Example<> get(size_t i) override {
    if (i == opener) *open = true;
    while (i < 4 && !*open) std::this_thread::sleep_for(std::chrono::microseconds(100));
    return inner.get(i);
  }
  std::optional<size_t> size() const override { return inner.size(); }
  Counting inner;
  size_t opener;
  std::shared_ptr<std::atomic<bool>> open = std::make_shared<std::atomic<bool>>(false);
};

// Takes a moment for each sample, so that a loop left early finds batches in progress.
struct Slow : datasets::Dataset<Slow> {
  explicit Slow(size_t n) : inner(n) {}
  Example<> get(size_t i) override {
    std::this_thread::sleep_for(std::chrono::microseconds(200));
    return inner.get(i);
  }
  std::optional<size_t> size() const override { return inner.size(); }
  Counting inner;
};

// Throws when two threads call one copy at once.
struct Exclusive : datasets::Dataset<Exclusive> {
  explicit Exclusive(size_t n) : inner(n) {}
  Exclusive(const Exclusive& o) : Dataset(o), inner(o.inner) {}
  Example<> get(size_t i) override {
    if (busy.exchange(true)) throw std::logic_error("two threads called one copy at once");
    std::this_thread::yield();
    Example<> e = inner.get(i);
    busy = false;
    return e;
  }
  std::optional<size_t> size() const override { return inner.size(); }
  Counting inner;
  std::atomic<bool> busy{false};
};

struct Unsized : datasets::Dataset<Unsized> {
  Example<> get(size_t i) override { return Counting(9).get(i); }
  std::optional<size_t> size() const override { return std::nullopt; }
};

// A stream of numbers; a request is a count.
struct Stream : datasets::StreamDataset<Stream, int64_t> {
  int64_t get_batch(size_t n) override { return static_cast<int64_t>(n); }
  std::optional<size_t> size() const override { return std::nullopt; }
};
struct StreamSampler : samplers::Sampler<size_t> {
  void reset(std::optional<size_t>) override { left = 7; }
  std::optional<size_t> next(size_t batch) override {
    const size_t n = std::min(batch, left);
    left -= n;
    return n ? std::optional<size_t>(n) : std::nullopt;
  }
  size_t left = 7;
};

auto digit_set(size_t n = 100) {
  return datasets::SyntheticDigits(n, 1).map(Normalize<>(0.1307, 0.3081)).map(Stack<>());
}

// The message of a std::runtime_error.
std::string what_of(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
}

struct ThreadCount {
  explicit ThreadCount(int n) : saved(get_num_threads()) { set_num_threads(n); }
  ~ThreadCount() { set_num_threads(saved); }
  int saved;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(loader)

BOOST_AUTO_TEST_CASE(a_libtorch_program) {
  TempFolder dir;
  write_mnist(dir.path.string(), ".gz");
  auto train = data::datasets::MNIST(dir.path.string())
                   .map(data::transforms::Normalize<>(0.1307, 0.3081))
                   .map(data::transforms::Stack<>());
  const size_t size = train.size().value();
  auto loader = data::make_data_loader<data::samplers::SequentialSampler>(std::move(train), 64);
  size_t seen = 0;
  for (auto& batch : *loader) {
    auto data = batch.data, targets = batch.target;
    BOOST_TEST((data.dtype() == kFloat32));
    BOOST_TEST((targets.dtype() == kInt64));
    seen += static_cast<size_t>(data.size(0));
  }
  BOOST_TEST(seen == size);
}

BOOST_AUTO_TEST_CASE(order_is_kept_by_any_number_of_workers) {
  for (size_t workers : {0, 1, 2, 5})
    for (size_t batch : {1, 4, 7, 50, 80}) {
      auto loader = make_data_loader<SequentialSampler>(Counting(50).map(Stack<>()),
                                                        DataLoaderOptions().batch_size(batch).workers(workers));
      for (int i = 0; i < 3; ++i) BOOST_TEST((epoch(*loader) == counted(50, static_cast<int64_t>(batch))));
    }
}

BOOST_AUTO_TEST_CASE(a_batch_that_is_ready_early_keeps_its_place) {
  // batch 0 is finished only after another worker has begun batch 2
  auto loader = make_data_loader<SequentialSampler>(Gated(40, 11).map(Stack<>()), DataLoaderOptions(4).workers(3));
  BOOST_TEST((epoch(*loader) == counted(40, 4)));
}

BOOST_AUTO_TEST_CASE(without_order_ready_batches_come_first) {
  Gated set(40);
  auto options = DataLoaderOptions(4).workers(2).enforce_ordering(false);
  auto loader = make_data_loader<SequentialSampler>(set.map(Stack<>()), options);
  std::vector<std::vector<int64_t>> batches;
  for (auto& batch : *loader) {
    batches.push_back(values<int64_t>(batch.target));
    if (batches.size() == 9) *set.open = true;  // only batch 0 is left
  }
  BOOST_TEST((batches.back() == counted(4, 4)[0]));
  std::sort(batches.begin(), batches.end());
  BOOST_TEST((batches == counted(40, 4)));
}

BOOST_AUTO_TEST_CASE(each_worker_has_its_own_copy) {
  auto loader =
      make_data_loader<SequentialSampler>(Exclusive(200).map(Stack<>()), DataLoaderOptions().batch_size(3).workers(4));
  BOOST_TEST((epoch(*loader) == counted(200, 3)));
}

BOOST_AUTO_TEST_CASE(last_batch) {
  auto kept = make_data_loader<SequentialSampler>(Counting(10).map(Stack<>()), 4);
  BOOST_TEST((epoch(*kept) == counted(10, 4)));
  for (size_t workers : {0, 2}) {
    auto dropped = make_data_loader<SequentialSampler>(Counting(10).map(Stack<>()),
                                                       DataLoaderOptions(4).drop_last(true).workers(workers));
    for (int i = 0; i < 2; ++i) BOOST_TEST((epoch(*dropped) == counted(8, 4)));
  }
}

BOOST_AUTO_TEST_CASE(errors_reach_the_caller_at_their_batch) {
  for (size_t workers : {0, 1, 3}) {
    auto loader =
        make_data_loader<SequentialSampler>(Counting(20, 9).map(Stack<>()), DataLoaderOptions(4).workers(workers));
    for (int round = 0; round < 2; ++round) {  // the loader is usable afterwards
      int batches = 0;
      std::string message;
      try {
        for (auto& batch : *loader) {
          static_cast<void>(batch);
          ++batches;
        }
      } catch (const WorkerException& e) {
        BOOST_TEST(workers > 0u);
        BOOST_TEST(e.what() == "[DataLoader] a worker threw: sample 9 is bad");
        message = what_of(e.original_exception);
      } catch (const std::runtime_error& e) {
        BOOST_TEST(workers == 0u);
        message = e.what();
      }
      BOOST_TEST(batches == 2);
      BOOST_TEST(message == "sample 9 is bad");
    }
  }
}

BOOST_AUTO_TEST_CASE(an_iterator_stands_at_the_bad_batch) {
  for (size_t bad : {0, 5})
    for (size_t workers : {0, 2}) {
      auto loader =
          make_data_loader<SequentialSampler>(Counting(20, bad).map(Stack<>()), DataLoaderOptions(4).workers(workers));
      auto it = loader->begin();  // fetches nothing yet
      const auto check_bad = [&](auto&& call) {
        if (workers == 0)
          BOOST_CHECK_THROW(call(), std::runtime_error);
        else
          check_throws<WorkerException>(call, {"a worker threw: sample", "is bad"});
      };
      if (bad == 0)
        check_bad([&] { static_cast<void>(it == loader->end()); });
      else
        check_bad([&] { ++it; });
      check_bad([&] { static_cast<void>(*it); });
      BOOST_TEST((it != loader->end()));
      ++it;
      BOOST_TEST(it->target[0].item<int64_t>() == static_cast<int64_t>(bad == 0 ? 4 : 8));
    }
}

BOOST_AUTO_TEST_CASE(past_the_end) {
  for (size_t workers : {0, 2}) {
    auto loader =
        make_data_loader<SequentialSampler>(Counting(4).map(Stack<>()), DataLoaderOptions(4).workers(workers));
    auto end = loader->end();
    check_throws<StateError>([&] { ++end; }, {"[DataLoader] cannot increment an iterator at the end"});
    check_throws<StateError>([&] { static_cast<void>(*end); }, {"[DataLoader] cannot dereference"});
    auto it = loader->begin();
    ++it;
    BOOST_TEST((it == end));
    BOOST_CHECK_THROW(++it, StateError);
    BOOST_CHECK_THROW(static_cast<void>(*it), StateError);
    BOOST_CHECK_THROW(static_cast<void>(it->target), StateError);
  }
}

BOOST_AUTO_TEST_CASE(one_epoch_at_a_time) {
  for (size_t workers : {0, 2}) {
    auto loader =
        make_data_loader<SequentialSampler>(Counting(8).map(Stack<>()), DataLoaderOptions(2).workers(workers));
    size_t outer = 0;
    for (auto& batch : *loader) {
      check_throws<StateError>([&] { loader->begin(); }, {"[DataLoader] begin() while another iterator"});
      BOOST_TEST(batch.target[0].item<int64_t>() == static_cast<int64_t>(2 * outer++));
    }
    BOOST_TEST(outer == 4u);
  }
}

BOOST_AUTO_TEST_CASE(copies_of_an_iterator_share_its_position) {
  for (size_t workers : {0, 2}) {
    auto loader =
        make_data_loader<SequentialSampler>(Counting(8).map(Stack<>()), DataLoaderOptions(2).workers(workers));
    auto it = loader->begin(), same = it;
    BOOST_TEST((it == same));
    ++it;
    BOOST_TEST(same->target[0].item<int64_t>() == 2);
    ++same;
    BOOST_TEST(it->target[0].item<int64_t>() == 4);
    ++it, ++same;
    BOOST_TEST((it == loader->end()));
    BOOST_TEST((epoch(*loader) == counted(8, 2)));  // with `it` at the end a new epoch may begin
    auto stale = loader->begin();
    loader->join();
    auto fresh = loader->begin();
    BOOST_TEST((stale == loader->end()));
    BOOST_TEST(fresh->target[0].item<int64_t>() == 0);
    loader.reset();
    BOOST_TEST((fresh == decltype(fresh)()));
  }
}

BOOST_AUTO_TEST_CASE(a_loop_left_early) {
  for (size_t workers : {0, 2}) {
    auto loader = make_data_loader<SequentialSampler>(Slow(100).map(Stack<>()), DataLoaderOptions(2).workers(workers));
    for (auto& batch : *loader) {
      BOOST_TEST(batch.target[0].item<int64_t>() == 0);
      break;
    }
    BOOST_TEST((epoch(*loader) == counted(100, 2)));
    auto it = loader->begin();
    ++it;
    BOOST_TEST(it->target[0].item<int64_t>() == 2);
    loader->join();
    BOOST_TEST((epoch(*loader) == counted(100, 2)));
    loader->begin();  // the destructor finds batches in progress
  }
}

BOOST_AUTO_TEST_CASE(a_held_batch_is_never_overwritten) {
  ThreadCount two(2);
  auto loader = make_data_loader<SequentialSampler>(digit_set(), 10);
  std::vector<Example<>> held;
  std::vector<std::vector<float>> copies;
  for (int i = 0; i < 2; ++i)
    for (auto& batch : *loader) {
      held.push_back(batch);
      copies.push_back(values<float>(batch.data));
    }
  for (size_t i = 0; i < held.size(); ++i) BOOST_TEST((values<float>(held[i].data) == copies[i]));
  BOOST_TEST((copies[0] == copies[10]));
  BOOST_TEST((copies[0] != copies[1]));
}

BOOST_AUTO_TEST_CASE(ahead_or_not_the_numbers_are_the_same) {
  auto numbers = [](int threads, size_t workers) {
    ThreadCount count(threads);
    manual_seed(4);
    auto set = datasets::SyntheticDigits(90, 1).map(transforms::RandomShift(2)).map(Stack<>());
    auto loader = make_data_loader<RandomSampler>(std::move(set), DataLoaderOptions(8).workers(workers));
    std::vector<float> all;
    for (int i = 0; i < 3; ++i)
      for (auto& batch : *loader) {
        const auto v = values<float>(batch.data);
        all.insert(all.end(), v.begin(), v.end());
      }
    return all;
  };
  const auto plain = numbers(1, 0);
  BOOST_TEST(plain.size() == 3 * 90 * 784u);
  BOOST_TEST((plain == numbers(2, 0)));
  BOOST_TEST((plain == numbers(2, 3)));
  BOOST_TEST((plain == numbers(1, 1)));
  BOOST_TEST((std::vector<float>(plain.begin(), plain.begin() + 90 * 784) !=
              std::vector<float>(plain.begin() + 90 * 784, plain.begin() + 180 * 784)));
}

BOOST_AUTO_TEST_CASE(the_shuffle_is_randperm) {
  manual_seed(9);
  randperm(20);  // as in libtorch, a sampler draws an order on construction
  const auto order = values<int64_t>(randperm(20));
  manual_seed(9);
  auto loader = make_data_loader(Counting(20).map(Stack<>()), 20);
  BOOST_TEST(epoch(*loader)[0] == order, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(batches_of_samples_and_streams) {
  auto loader = make_data_loader<SequentialSampler>(Counting(5), 2);
  size_t count = 0;
  for (std::vector<Example<>>& batch : *loader) count += batch.size();
  BOOST_TEST(count == 5u);
  auto stream = make_data_loader(Stream(), StreamSampler(), DataLoaderOptions(3).workers(1));
  std::vector<int64_t> sizes;
  for (int64_t n : *stream) sizes.push_back(n);
  BOOST_TEST(sizes == (std::vector<int64_t>{3, 3, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(refused) {
  check_throws<ValueError>([] { make_data_loader(Counting(0), 4); }, {"empty"});
  check_throws<ValueError>([] { make_data_loader(Counting(3), 0); }, {"batch size"});
  check_throws<ValueError>([] { make_data_loader(Counting(3), DataLoaderOptions(4).drop_last(true)); },
                           {"4", "3 samples"});
  check_throws<ValueError>([] { make_data_loader(Unsized(), 4); }, {"unknown size"});
  BOOST_TEST((epoch(*make_data_loader<SequentialSampler>(Counting(3).map(Stack<>()), 4)) == counted(3, 4)));
  auto few = make_data_loader(Counting(9), samplers::SubsetRandomSampler({1, 2}), DataLoaderOptions(4).drop_last(true));
  check_throws<ValueError>([&] { *few->begin(); }, {"4", "2 samples"});
  check_throws<ValueError>([] { make_data_loader(Counting(3), DataLoaderOptions(4).workers(100000)); },
                           {"workers: at most 1024, got 100000"});
}

BOOST_AUTO_TEST_CASE(timeout) {
  Gated set(40);
  auto options = DataLoaderOptions(8).workers(1).timeout(std::chrono::milliseconds(1));
  auto loader = make_data_loader<SequentialSampler>(set.map(Stack<>()), options);
  check_throws<StateError>([&] { *loader->begin(); }, {"timeout of 1 ms"});
  *set.open = true;
}

// The address space is full after a few thread stacks.
BOOST_AUTO_TEST_CASE(workers_that_cannot_be_started) {
  auto loader = make_data_loader<SequentialSampler>(Counting(8).map(Stack<>()), DataLoaderOptions(2).workers(1000));
  rlimit before{};
  getrlimit(RLIMIT_AS, &before);
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit little = before;
  little.rlim_cur = pages * static_cast<size_t>(sysconf(_SC_PAGESIZE)) + (size_t{256} << 20);
  setrlimit(RLIMIT_AS, &little);
  for (int i = 0; i < 2; ++i)
    check_throws<StateError>([&] { loader->begin(); }, {"[DataLoader] cannot start worker", "of 1000"});
  setrlimit(RLIMIT_AS, &before);
  auto after = make_data_loader<SequentialSampler>(Counting(8).map(Stack<>()), DataLoaderOptions(2).workers(20));
  BOOST_TEST((epoch(*after) == counted(8, 2)));
}

BOOST_AUTO_TEST_CASE(state) {
  for (size_t workers : {0, 2}) {
    auto make = [&] {
      auto set = datasets::SyntheticDigits(50, 1).map(transforms::RandomShift(2).seed(3)).map(Stack<>());
      return make_data_loader<RandomSampler>(std::move(set), DataLoaderOptions(8).workers(workers));
    };
    auto numbers = [](auto& loader) {
      std::vector<std::vector<float>> all;
      for (auto& batch : *loader) all.push_back(values<float>(batch.data));
      return all;
    };
    manual_seed(2);
    auto whole = make();
    numbers(whole);
    std::vector<std::vector<float>> rest;
    Tensor inside, generator;
    size_t taken = 0;
    for (auto& batch : *whole) {
      if (inside.defined()) rest.push_back(values<float>(batch.data));
      if (++taken == 3) {
        inside = whole->state();
        generator = default_generator().get_state();
      }
    }
    const Tensor between = whole->state();
    const Tensor later = default_generator().get_state();
    const auto next = numbers(whole);

    manual_seed(99);
    auto resumed = make();
    resumed->load_state(inside);
    BOOST_TEST(resumed->state().equal(inside));
    default_generator().set_state(generator);
    BOOST_TEST((numbers(resumed) == rest));
    BOOST_TEST((numbers(resumed) == next));
    auto after = make();
    after->load_state(between);
    default_generator().set_state(later);
    BOOST_TEST((numbers(after) == next));
    BOOST_CHECK_THROW(after->load_state(Tensor()), ValueError);
    BOOST_CHECK_THROW(after->load_state(from_values({0, 5, 0, 0})), ValueError);
  }
}

BOOST_AUTO_TEST_SUITE_END()
