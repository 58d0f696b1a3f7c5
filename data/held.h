// Held: the data set inside a decorator, shared by the decorator's copies.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace weft::data::datasets::detail {

/// During its lifetime, copies of Held on this thread copy the data set.
class DeepCopies {
 public:
  DeepCopies();
  ~DeepCopies();
  DeepCopies(const DeepCopies&) = delete;
  static bool active();

 private:
  bool before_;
};

/// Holds a data set. Copies share it, so that map() and random_split() copy no samples. Copies made under DeepCopies
/// own a copy of the data set: a loader makes one for each worker.
template <class D>
class Held {
 public:
  explicit Held(D dataset) : dataset_(std::make_shared<D>(std::move(dataset))) {}
  Held(const Held& o) requires std::is_copy_constructible_v<D>
      : dataset_(DeepCopies::active() ? std::make_shared<D>(*o) : o.dataset_) {}
  Held(Held&& o) noexcept : dataset_(o.dataset_) {}  // the source stays usable
  Held& operator=(Held o) noexcept {
    dataset_.swap(o.dataset_);
    return *this;
  }

  D& operator*() { return *dataset_; }
  const D& operator*() const { return *dataset_; }
  D* operator->() { return dataset_.get(); }
  const D* operator->() const { return dataset_.get(); }

 private:
  std::shared_ptr<D> dataset_;
};

}  // namespace weft::data::datasets::detail
