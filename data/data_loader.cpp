#include "weft/data/data_loader.h"

#include <algorithm>

namespace weft::data::detail {

void check_loader(const DataLoaderOptions& options, std::optional<size_t> size) {
  check<ValueError>(options.batch_size() > 0, "[DataLoader] the batch size is 0");
  check<ValueError>(size.value_or(1) > 0, "[DataLoader] the data set is empty");
  if (size && options.drop_last()) check_first_request(options, *size);
}

void check_first_request(const DataLoaderOptions& options, size_t samples) {
  check<ValueError>(samples >= options.batch_size(),
                    "[DataLoader] a batch of {} is larger than the set of {} samples, and drop_last leaves nothing",
                    options.batch_size(), samples);
}

Tensor loader_state(uint64_t epochs, bool inside, const Tensor& sampler_state) {
  const Tensor s = sampler_state.contiguous();
  Tensor t = empty({s.numel() + 2}, kInt64);
  auto* p = t.data_ptr<int64_t>();
  p[0] = static_cast<int64_t>(epochs);
  p[1] = inside;
  std::copy_n(s.data_ptr<int64_t>(), s.numel(), p + 2);
  return t;
}

LoaderState split_loader_state(const Tensor& state) {
  check<ValueError>(state.defined() && state.dtype() == kInt64 && state.dim() == 1 && state.numel() > 2,
                    "[DataLoader] a state is an int64 list of at least 3 numbers");
  const Tensor s = state.contiguous();
  const auto* p = s.data_ptr<int64_t>();
  check<ValueError>(p[0] >= p[1] && (p[1] == 0 || p[1] == 1),
                    "[DataLoader] no state of a loader: it starts with {}, {}", p[0], p[1]);
  Tensor sampler = empty({s.numel() - 2}, kInt64);
  std::copy_n(p + 2, sampler.numel(), sampler.data_ptr<int64_t>());
  return {static_cast<uint64_t>(p[0]), p[1] == 1, std::move(sampler)};
}

}  // namespace weft::data::detail
