#include "weft/data/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "weft/tensor/creation.h"
#include "weft/tensor/random.h"

namespace weft::data::samplers {
namespace {

void check_state(const Tensor& state, int64_t least) {
  check<ValueError>(state.defined() && state.dtype() == kInt64 && state.dim() == 1 && state.numel() >= least,
                    "[Sampler] a state must be an int64 tensor of at least {} elements", least);
}

// Draws with replacement: finds uniform values in the running sum of the weights.
void draw_replaced(const std::vector<double>& weights, int64_t* out, size_t count) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  for (double& s : sums) s /= sums.back();
  size_t last = weights.size() - 1;
  while (weights[last] == 0) --last;
  Generator& generator = default_generator();
  std::lock_guard lock(generator.mutex());
  for (size_t i = 0; i < count; ++i) {
    auto at =
        static_cast<size_t>(std::lower_bound(sums.begin(), sums.end(), generator.uniform_double()) - sums.begin());
    while (at < last && weights[at] == 0) ++at;  // a draw of exactly 0 must not select a sample of weight 0
    out[i] = static_cast<int64_t>(std::min(at, last));
  }
}

// Draws without replacement: in descending order of weight / Exp(1) (Efraimidis and Spirakis, 2006).
void draw_unique(const std::vector<double>& weights, int64_t* out, size_t count) {
  std::vector<double> keys(weights.size());
  {
    Generator& generator = default_generator();
    std::lock_guard lock(generator.mutex());
    for (size_t i = 0; i < keys.size(); ++i) keys[i] = weights[i] / -std::log1p(-generator.uniform_double());
  }
  std::vector<int64_t> order(weights.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = 0; i < keys.size(); ++i)
    if (weights[i] == 0) keys[i] = -1;
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return keys[a] > keys[b]; });
  std::copy_n(order.begin(), count, out);
}

}  // namespace

void detail::fail_no_state(const char* verb) { fail<StateError>("[Sampler] this sampler does not {} state", verb); }

void SequentialSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  index_ = 0;
}

std::optional<std::vector<size_t>> SequentialSampler::next(size_t batch_size) {
  const size_t count = std::min(batch_size, size_ - index_);
  if (count == 0) return std::nullopt;
  std::vector<size_t> request(count);
  std::iota(request.begin(), request.end(), index_);
  index_ += count;
  return request;
}

Tensor SequentialSampler::state() const {
  Tensor t = empty({2}, kInt64);
  t.data_ptr<int64_t>()[0] = static_cast<int64_t>(index_);
  t.data_ptr<int64_t>()[1] = static_cast<int64_t>(size_);
  return t;
}

void SequentialSampler::load_state(const Tensor& state) {
  check_state(state, 2);
  const Tensor t = state.contiguous();
  const auto* p = t.data_ptr<int64_t>();
  check<ValueError>(t.numel() == 2 && p[0] >= 0 && p[0] <= p[1], "[SequentialSampler] not a state of this sampler: {}",
                    state.sizes());
  index_ = static_cast<size_t>(p[0]);
  size_ = static_cast<size_t>(p[1]);
}

void ListSampler::set_indices(Tensor indices) {
  indices_ = std::move(indices);
  index_ = 0;
}

std::optional<std::vector<size_t>> ListSampler::next(size_t batch_size) {
  const size_t count = std::min(batch_size, static_cast<size_t>(indices_.numel()) - index_);
  if (count == 0) return std::nullopt;
  const int64_t* from = indices_.data_ptr<int64_t>() + index_;
  index_ += count;
  return std::vector<size_t>(from, from + count);
}

// Position first, then the complete order.
Tensor ListSampler::state() const {
  Tensor t = empty({indices_.numel() + 1}, kInt64);
  auto* p = t.data_ptr<int64_t>();
  p[0] = static_cast<int64_t>(index_);
  std::copy_n(indices_.data_ptr<int64_t>(), indices_.numel(), p + 1);
  return t;
}

void ListSampler::load_state(const Tensor& state) {
  check_state(state, 1);
  const Tensor t = state.contiguous();
  const auto* p = t.data_ptr<int64_t>();
  const int64_t count = t.numel() - 1;
  check<ValueError>(p[0] >= 0 && p[0] <= count, "[Sampler] the state's position {} is outside its {} samples", p[0],
                    count);
  for (int64_t i = 0; i < count; ++i)
    check<ValueError>(p[1 + i] >= 0, "[Sampler] the state contains sample {}", p[1 + i]);
  Tensor list = empty({count}, kInt64);
  std::copy_n(p + 1, count, list.data_ptr<int64_t>());
  indices_ = std::move(list);
  index_ = static_cast<size_t>(p[0]);
}

RandomSampler::RandomSampler(int64_t size, Dtype index_dtype) {
  check<DtypeError>(index_dtype == kInt64 || index_dtype == kInt32, "[RandomSampler] indices are integers, not {}",
                    index_dtype);
  set_indices(randperm(size));
}

void RandomSampler::reset(std::optional<size_t> new_size) {
  set_indices(randperm(new_size ? static_cast<int64_t>(*new_size) : indices().numel()));
}

SubsetRandomSampler::SubsetRandomSampler(std::vector<size_t> samples) : samples_(std::move(samples)) { reset(); }

void SubsetRandomSampler::reset(std::optional<size_t> new_size) {
  check<ValueError>(!new_size || *new_size == samples_.size(),
                    "[SubsetRandomSampler] of {} samples cannot be reset to {}", samples_.size(), new_size.value_or(0));
  Tensor order = randperm(static_cast<int64_t>(samples_.size()));
  auto* p = order.data_ptr<int64_t>();
  for (size_t i = 0; i < samples_.size(); ++i) p[i] = static_cast<int64_t>(samples_[static_cast<size_t>(p[i])]);
  set_indices(std::move(order));
}

WeightedRandomSampler::WeightedRandomSampler(std::vector<double> weights, size_t num_samples, bool replacement)
    : weights_(std::move(weights)), num_samples_(num_samples), replacement_(replacement) {
  check<ValueError>(!weights_.empty(), "[WeightedRandomSampler] no weights given");
  for (size_t i = 0; i < weights_.size(); ++i)
    check<ValueError>(std::isfinite(weights_[i]) && weights_[i] >= 0,
                      "[WeightedRandomSampler] weights are finite and not negative, weight {} is {}", i, weights_[i]);
  reset();
}

void WeightedRandomSampler::check_draws() const {
  const auto positive =
      static_cast<size_t>(std::count_if(weights_.begin(), weights_.end(), [](double w) { return w > 0; }));
  check<ValueError>(positive > 0, "[WeightedRandomSampler] all {} weights are 0", weights_.size());
  check<ValueError>(num_samples_ > 0, "[WeightedRandomSampler] num_samples is 0");
  check<ValueError>(replacement_ || num_samples_ <= positive,
                    "[WeightedRandomSampler] {} draws without replacement of {} samples with a positive weight",
                    num_samples_, positive);
}

void WeightedRandomSampler::reset(std::optional<size_t> new_size) {
  num_samples_ = new_size.value_or(num_samples_);
  check_draws();
  Tensor list = empty({static_cast<int64_t>(num_samples_)}, kInt64);
  (replacement_ ? draw_replaced : draw_unique)(weights_, list.data_ptr<int64_t>(), num_samples_);
  set_indices(std::move(list));
}

}  // namespace weft::data::samplers
