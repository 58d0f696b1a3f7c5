// Parts and sums of data sets: Subset, ConcatDataset, random_split.
#pragma once

#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "weft/data/dataset.h"
#include "weft/data/held.h"
#include "weft/data/tensor_dataset.h"

namespace weft::data::datasets {

namespace detail {
/// Throws IndexError unless i < size.
void check_sample(const char* set, size_t i, size_t size);
}  // namespace detail

/// The samples `indices` of a data set, in that order.
template <class D>
class Subset : public BatchDataset<Subset<D>, typename D::BatchType> {
 public:
  using BatchType = typename D::BatchType;
  /// Throws IndexError for an index outside the data set.
  Subset(D dataset, std::vector<size_t> indices) : Subset(detail::Held<D>(std::move(dataset)), std::move(indices)) {}
  /// The same, sharing the data set with other subsets.
  Subset(detail::Held<D> dataset, std::vector<size_t> indices)
      : dataset_(std::move(dataset)), indices_(std::move(indices)) {
    if (const std::optional<size_t> size = dataset_->size())
      for (size_t i : indices_) detail::check_sample("Subset", i, *size);
  }
  BatchType get_batch(ArrayRef<size_t> request) override { return get_batch(request, 0); }
  BatchType get_batch(ArrayRef<size_t> request, uint64_t epoch) {
    return get_batch_of(*dataset_, inner(request), epoch);
  }
  auto get(size_t index) requires requires(D& d) { d.get(index); }
  { return dataset_->get(inner(index)[0]); }
  std::optional<size_t> size() const override { return indices_.size(); }
  const D& dataset() const { return *dataset_; }
  const std::vector<size_t>& indices() const { return indices_; }

  void lend(ImagePlan& plan, ArrayRef<size_t> request) const requires LendsImages<D> {
    dataset_->lend(plan, inner(request));
  }
  void plan(ImagePlan& plan, ArrayRef<size_t> request) const requires(PlansImages<D> && !LendsImages<D>) {
    dataset_->plan(plan, inner(request));
  }
  auto gather(ArrayRef<size_t> request) const requires GathersRows<D> { return dataset_->gather(inner(request)); }

 private:
  std::vector<size_t> inner(ArrayRef<size_t> request) const {
    std::vector<size_t> out;
    out.reserve(request.size());
    for (size_t i : request) {
      detail::check_sample("Subset", i, indices_.size());
      out.push_back(indices_[i]);
    }
    return out;
  }
  detail::Held<D> dataset_;
  std::vector<size_t> indices_;
};

/// The samples of several data sets, one set after the other.
template <class First, class... Rest>
class ConcatDataset : public BatchDataset<ConcatDataset<First, Rest...>, typename First::BatchType> {
 public:
  static_assert((std::is_same_v<typename First::BatchType, typename Rest::BatchType> && ...),
                "the data sets give different kinds of batches");
  using BatchType = typename First::BatchType;
  /// Throws ValueError for a data set of unknown size.
  explicit ConcatDataset(First first, Rest... rest)
      : datasets_(detail::Held<First>(std::move(first)), detail::Held<Rest>(std::move(rest))...) {
    size_t n = 0;
    auto add = [&](const auto& d) {
      check<ValueError>(d->size().has_value(), "[ConcatDataset] of a data set of unknown size");
      return n += *d->size();
    };
    ends_ = std::apply([&](const auto&... d) { return std::array<size_t, kCount>{add(d)...}; }, datasets_);
  }
  BatchType get_batch(ArrayRef<size_t> request) override { return get_batch(request, 0); }
  BatchType get_batch(ArrayRef<size_t> request, uint64_t epoch) {
    BatchType batch;
    for (size_t i : request)
      at(*this, i, [&](auto& d, size_t inner) {
        BatchType one = get_batch_of(d, ArrayRef<size_t>(inner), epoch);
        for (auto& e : one) batch.push_back(std::move(e));
      });
    return batch;
  }
  std::optional<size_t> size() const override { return ends_[kCount - 1]; }

  void lend(ImagePlan& plan, ArrayRef<size_t> request) const
      requires(LendsImages<First> && (LendsImages<Rest> && ...)) {
    for (size_t i : request) at(*this, i, [&](const auto& d, size_t inner) { d.lend(plan, inner); });
  }

 private:
  static constexpr size_t kCount = 1 + sizeof...(Rest);
  // Calls f(data set, index there) for sample i.
  template <class Self, class F>
  static void at(Self& self, size_t i, F&& f) {
    detail::check_sample("ConcatDataset", i, self.ends_[kCount - 1]);
    size_t which = 0;
    while (i >= self.ends_[which]) ++which;
    const size_t inner = which ? i - self.ends_[which - 1] : i;
    size_t k = 0;
    std::apply([&](auto&... d) { ((k++ == which ? f(*d, inner) : void()), ...); }, self.datasets_);
  }
  std::tuple<detail::Held<First>, detail::Held<Rest>...> datasets_;
  std::array<size_t, kCount> ends_;
};

namespace detail {
/// randperm split into parts of these lengths.
std::vector<std::vector<size_t>> split_randomly(size_t size, ArrayRef<size_t> lengths);
/// Lengths for fractions of `size`, rounded as by torch.utils.data.random_split.
std::vector<size_t> lengths_of(size_t size, ArrayRef<double> shares);
}  // namespace detail

/// Splits a data set in the order of randperm into parts of these lengths, which add up to its size, or, for
/// floating-point numbers, of these fractions, which add up to 1: `random_split(set, {50000, 10000})`,
/// `random_split(set, {0.9, 0.1})`. The parts share one data set: a copy of `dataset`, or, for an rvalue, the data set
/// itself. Throws ValueError for other sums.
template <class D, class N>
requires std::is_arithmetic_v<N>
auto random_split(D&& dataset, const std::vector<N>& sizes) {
  using Set = std::remove_cvref_t<D>;
  const std::optional<size_t> size = dataset.size();
  check<ValueError>(size.has_value(), "[random_split] of a data set of unknown size");
  std::vector<size_t> lengths;
  if constexpr (std::is_floating_point_v<N>)
    lengths = detail::lengths_of(*size, std::vector<double>(sizes.begin(), sizes.end()));
  else
    lengths.assign(sizes.begin(), sizes.end());
  const detail::Held<Set> held(std::forward<D>(dataset));
  std::vector<Subset<Set>> parts;
  for (std::vector<size_t>& part : detail::split_randomly(*size, lengths)) parts.emplace_back(held, std::move(part));
  return parts;
}
template <class D, class N>
requires std::is_arithmetic_v<N>
auto random_split(D&& dataset, std::initializer_list<N> sizes) {
  return random_split(std::forward<D>(dataset), std::vector<N>(sizes));
}

}  // namespace weft::data::datasets
