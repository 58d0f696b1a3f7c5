// What may stand in index({...}): integers, slices, None, Ellipsis, tensors.
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

struct NoneType {};
struct EllipsisType {};
inline constexpr NoneType None;          ///< a new dimension of size 1
inline constexpr EllipsisType Ellipsis;  ///< as many whole dimensions as remain

/// start:stop:step as in Python; negative bounds count from the end, step is positive.
struct Slice {
  Slice() = default;
  Slice(NoneType, NoneType = {}, NoneType = {}) {}
  Slice(int64_t end) : stop(end) {}  // NOLINT: Slice(3) is [:3], as Python's slice(3)
  Slice(int64_t begin, int64_t end, int64_t by = 1) : start(begin), stop(end), step(by) {}
  Slice(NoneType, int64_t end, int64_t by = 1) : stop(end), step(by) {}
  Slice(int64_t begin, NoneType, int64_t by = 1) : start(begin), step(by) {}
  Slice(NoneType, NoneType, int64_t by) : step(by) {}
  std::optional<int64_t> start, stop;
  int64_t step = 1;
};

/// One element of an index list.
class TensorIndex {
 public:
  enum class Kind { NewAxis, Dots, Integer, Boolean, Slice, Tensor };
  TensorIndex(NoneType) : kind(Kind::NewAxis) {}               // NOLINT
  TensorIndex(EllipsisType) : kind(Kind::Dots) {}              // NOLINT
  TensorIndex(const char* dots);                               // NOLINT: "..."
  TensorIndex(int64_t i) : kind(Kind::Integer), integer(i) {}  // NOLINT
  TensorIndex(int i) : kind(Kind::Integer), integer(i) {}      // NOLINT
  TensorIndex(bool b) : kind(Kind::Boolean), integer(b) {}     // NOLINT
  TensorIndex(Slice s) : kind(Kind::Slice), slice(s) {}        // NOLINT
  TensorIndex(const Tensor& t);                                // NOLINT
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
