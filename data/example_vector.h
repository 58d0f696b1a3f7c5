// ExampleVector: the batch of a data set without Stack, a list of examples.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "weft/data/example.h"

namespace weft::data {

namespace not_stacked {
/// Replaces the data and target that a list of samples lacks. Its name, or its conversion, appears in the compiler's
/// error.
struct AddMapStackFirst {
  AddMapStackFirst() = default;
  AddMapStackFirst(const AddMapStackFirst&) = delete;
  AddMapStackFirst& operator=(const AddMapStackFirst&) = delete;
  template <class T>
  operator T() const {  // NOLINT: its use is an error
    static_assert(!std::is_same_v<T, T>,
                  "the loader gives lists of samples: add .map(data::transforms::Stack<>()) to its data set");
    __builtin_unreachable();
  }
};
}  // namespace not_stacked

/// A std::vector of samples. `data` and `target` are those of each sample; a batch has them only after Stack.
template <class E>
struct ExampleVector : std::vector<E> {
  ExampleVector() = default;
  ExampleVector(std::vector<E> samples) : std::vector<E>(std::move(samples)) {}  // NOLINT
  ExampleVector(const ExampleVector& o) : std::vector<E>(o) {}
  ExampleVector(ExampleVector&& o) noexcept : std::vector<E>(std::move(o)) {}
  ExampleVector& operator=(ExampleVector o) noexcept {
    this->swap(o);
    return *this;
  }
  not_stacked::AddMapStackFirst data, target;
};

namespace detail {
/// The type of a loader's batches for batches of type B.
template <class B>
struct Given {
  using type = B;
};
template <class Data, class Target>
struct Given<std::vector<Example<Data, Target>>> {
  using type = ExampleVector<Example<Data, Target>>;
};
}  // namespace detail

}  // namespace weft::data
