// Elements of index({...}): integers, slices, None, Ellipsis, tensors.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>

#include "weft/tensor/intrusive.h"

namespace weft {

class Tensor;
struct TensorImpl;

namespace indexing {

using NoneType = std::nullopt_t;
struct EllipsisType {};
inline constexpr NoneType None = std::nullopt;  ///< in an index: a new dimension of size 1; in a Slice: absent
inline constexpr EllipsisType Ellipsis;         ///< as many full dimensions as remain

/// start:stop:step as in Python, each absent or None: Slice(3) is [3:], Slice(None, 3) is [:3]. Negative bounds count
/// from the end; the step must be positive.
struct Slice {
  explicit Slice(std::optional<int64_t> begin = {}, std::optional<int64_t> end = {}, std::optional<int64_t> by = {})
      : start(begin), stop(end), step(by.value_or(1)) {}
  std::optional<int64_t> start, stop;
  int64_t step;
};

/// One element of an index list.
class TensorIndex {
 public:
  enum class Kind { NewAxis, Dots, Integer, Boolean, Slice, Tensor };
  TensorIndex(NoneType) : kind(Kind::NewAxis) {}                // NOLINT
  TensorIndex(EllipsisType) : kind(Kind::Dots) {}               // NOLINT
  TensorIndex(const char* dots);                                // NOLINT: "..."
  TensorIndex(int64_t i) : kind(Kind::Integer), integer(i) {}   // NOLINT
  TensorIndex(int i) : kind(Kind::Integer), integer(i) {}       // NOLINT
  TensorIndex(bool b) : kind(Kind::Boolean), integer(b) {}      // NOLINT
  TensorIndex(const Slice& s) : kind(Kind::Slice), slice(s) {}  // NOLINT
  TensorIndex(const Tensor& t);                                 // NOLINT
  TensorIndex(const TensorIndex&);
  ~TensorIndex();
  Kind kind;
  int64_t integer = 0;
  Slice slice;
  Ref<TensorImpl> tensor;
};

}  // namespace indexing

using indexing::Slice;
}  // namespace weft
