// Samplers: the order in which a loader requests samples.
#pragma once

#include <optional>
#include <vector>

#include "weft/data/array_ref.h"
#include "weft/tensor/tensor.h"

namespace weft::data::samplers {

namespace detail {
[[noreturn]] void fail_no_state(const char* verb);
}

/// Returns the requests of an epoch one by one.
template <class BatchRequest = std::vector<size_t>>
class Sampler {
 public:
  using BatchRequestType = BatchRequest;
  virtual ~Sampler() = default;
  /// Restarts the epoch, over `new_size` samples if given.
  virtual void reset(std::optional<size_t> new_size) = 0;
  void reset() { reset(std::nullopt); }
  /// The next request, of at most batch_size samples; nullopt at the end.
  virtual std::optional<BatchRequest> next(size_t batch_size) = 0;
  /// Order and position as int64 [n], for checkpoints. load_state throws ValueError for an invalid state.
  virtual Tensor state() const { detail::fail_no_state("tell its"); }
  virtual void load_state(const Tensor&) { detail::fail_no_state("take a"); }
};

/// 0, 1, ... size-1.
class SequentialSampler : public Sampler<> {
 public:
  explicit SequentialSampler(size_t size) : size_(size) {}
  using Sampler<>::reset;
  void reset(std::optional<size_t> new_size) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  Tensor state() const override;
  void load_state(const Tensor& state) override;
  size_t index() const { return index_; }

 private:
  size_t size_, index_ = 0;
};

/// Base of the samplers that draw a list of indices when an epoch starts; derived classes make the list.
class ListSampler : public Sampler<> {
 public:
  using Sampler<>::reset;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;
  Tensor state() const override;
  void load_state(const Tensor& state) override;
  size_t index() const { return index_; }

 protected:
  /// Starts an epoch with these samples, int64 [n].
  void set_indices(Tensor indices);
  const Tensor& indices() const { return indices_; }

 private:
  Tensor indices_;  // never written after it is set: copies of a sampler share it
  size_t index_ = 0;
};

/// Every sample once, in the order of randperm from the default generator. As in libtorch, the first order is drawn on
/// construction and a new one at each reset.
class RandomSampler : public ListSampler {
 public:
  explicit RandomSampler(int64_t size, Dtype index_dtype = kInt64);
  using ListSampler::reset;
  void reset(std::optional<size_t> new_size) override;
};

/// The given samples, each once, in random order.
class SubsetRandomSampler : public ListSampler {
 public:
  explicit SubsetRandomSampler(std::vector<size_t> samples);
  using ListSampler::reset;
  /// Throws ValueError for a new size other than the number of samples.
  void reset(std::optional<size_t> new_size) override;

 private:
  std::vector<size_t> samples_;
};

/// num_samples draws, sample i with probability proportional to weights[i]; without replacement each at most once.
/// Draws the values of torch.multinomial for float64 weights.
class WeightedRandomSampler : public ListSampler {
 public:
  /// Throws ValueError for no weights, a negative or infinite one, a sum of 0, num_samples of 0, or, without
  /// replacement, fewer positive weights than num_samples.
  WeightedRandomSampler(std::vector<double> weights, size_t num_samples, bool replacement = true);
  using ListSampler::reset;
  /// `new_size` is the new number of draws.
  void reset(std::optional<size_t> new_size) override;

 private:
  void check_draws() const;
  std::vector<double> weights_;
  size_t num_samples_;
  bool replacement_;
};

}  // namespace weft::data::samplers
