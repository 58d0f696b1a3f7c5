#include "weft/tensor/index.h"

#include <string_view>

#include "weft/tensor/tensor.h"

namespace weft::indexing {

TensorIndex::TensorIndex(const char* dots) : kind(Kind::Dots) {
  check<IndexError>(std::string_view(dots) == "...", "[index] \"{}\": the only text allowed here is \"...\"", dots);
}
TensorIndex::TensorIndex(const Tensor& t) : kind(Kind::Tensor), tensor(t.unsafe_impl()) {}
TensorIndex::TensorIndex(const TensorIndex&) = default;
TensorIndex::~TensorIndex() = default;

}  // namespace weft::indexing
