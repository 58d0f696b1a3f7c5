#include "weft/data/subset.h"

#include <cmath>
#include <numeric>

#include "weft/tensor/creation.h"

namespace weft::data::datasets::detail {

void check_sample(const char* set, size_t i, size_t size) {
  check<IndexError>(i < size, "[{}] sample {} of {}", set, i, size);
}

std::vector<std::vector<size_t>> split_randomly(size_t size, ArrayRef<size_t> lengths) {
  const size_t sum = std::accumulate(lengths.begin(), lengths.end(), size_t{0});
  check<ValueError>(sum == size, "[random_split] the lengths add up to {}, the set has {} samples", sum, size);
  const Tensor order = randperm(static_cast<int64_t>(size));
  const int64_t* p = order.data_ptr<int64_t>();
  std::vector<std::vector<size_t>> parts;
  for (size_t n : lengths) {
    parts.emplace_back(p, p + n);
    p += n;
  }
  return parts;
}

std::vector<size_t> lengths_of(size_t size, ArrayRef<double> shares) {
  double sum = 0;
  for (double s : shares) {
    check<ValueError>(s >= 0 && s <= 1, "[random_split] a share is in [0, 1], not {}", s);
    sum += s;
  }
  check<ValueError>(std::abs(sum - 1) < 1e-6, "[random_split] the shares add up to {}, not to 1", sum);
  std::vector<size_t> lengths;
  for (double s : shares) lengths.push_back(static_cast<size_t>(std::floor(static_cast<double>(size) * s)));
  const size_t given = std::accumulate(lengths.begin(), lengths.end(), size_t{0});
  for (size_t i = 0; i < size - given; ++i) ++lengths[i % lengths.size()];
  return lengths;
}

}  // namespace weft::data::datasets::detail
