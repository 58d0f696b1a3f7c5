#include "weft/app/data_sets.h"
#include "weft/weft.h"

namespace command {
using namespace weft;

namespace {

Dims batched(int64_t count, const Dims& sizes) {
  Dims out = sizes;
  out.insert(0, count);
  return out;
}

/// Rows of a table, scaled.
Tensor scaled_rows(const Tensor& rows, const Scale& scale) {
  if (scale.changes_nothing()) return rows;
  const Tensor mean = tensor(scale.mean, kFloat64), deviation = tensor(scale.deviation, kFloat64);
  check<ShapeError>(mean.numel() == 1 || mean.numel() == rows.size(1), "[data] rows of {} elements, expected {}",
                    rows.size(1), mean.numel());
  return rows.to(kFloat64).sub(mean).div(deviation).to(kFloat32);
}

/// Samples of either kind as batches for a model: images are gathered, augmented and scaled in one pass.
class InputSet : public data::datasets::BatchDataset<InputSet, data::Example<>> {
 public:
  static constexpr bool is_one_pass = true;  // weft's own code alone: batches may be made ahead

  InputSet(const Samples& samples, const Inputs& inputs) : inputs_(inputs), target_(samples.target.contiguous()) {
    if (samples.data.dtype() == kUInt8) {
      images_ = data::datasets::ImageBytes(samples.data, samples.target);
      check<ShapeError>(images_.shape.numel() == numel_of(inputs.sizes), "[data] images of {} elements, expected {}",
                        images_.shape.numel(), numel_of(inputs.sizes));
      if (!inputs.scale.changes_nothing())
        scale_ = std::make_shared<data::transforms::Normalize<>>(inputs.scale.mean, inputs.scale.deviation);
    } else {
      rows_ = scaled_rows(samples.data, inputs.scale).contiguous();
    }
  }

  data::Example<> get_batch(ArrayRef<size_t> request) override { return get_batch(request, 0); }
  data::Example<> get_batch(ArrayRef<size_t> request, uint64_t epoch) {
    const auto count = static_cast<int64_t>(request.size());
    if (rows_.defined()) {
      const data::Example<> batch{data::datasets::gather_rows(rows_, request),
                                  data::datasets::gather_rows(target_, request)};
      return {batch.data.view(batched(count, inputs_.sizes)), batch.target};
    }
    data::ImagePlan plan;
    images_.lend(plan, request);
    for (const auto& stage : inputs_.augment) plan.steps.push_back({stage.get(), request.vec()});
    if (scale_) plan.steps.push_back({scale_.get(), request.vec()});
    data::Example<> batch = data::run_plan(plan, epoch);
    return {batch.data.view(batched(count, inputs_.sizes)), batch.target};
  }
  std::optional<size_t> size() const override { return static_cast<size_t>(target_.numel()); }

 private:
  Inputs inputs_;
  Tensor target_, rows_;
  data::datasets::ImageBytes images_;
  std::shared_ptr<data::transforms::Normalize<>> scale_;
};

/// As many draws as there are samples, with replacement.
class ReplacementSampler : public data::samplers::ListSampler {
 public:
  explicit ReplacementSampler(size_t size) : size_(static_cast<int64_t>(size)) { reset(std::nullopt); }
  using ListSampler::reset;
  void reset(std::optional<size_t> new_size) override {
    if (new_size) size_ = static_cast<int64_t>(*new_size);
    set_indices(randint(0, size_, {size_}));
  }

 private:
  int64_t size_;
};

template <class Sampler>
class LoaderBatches : public Batches {
 public:
  LoaderBatches(InputSet set, int64_t batch)
      : loader_(data::make_data_loader<Sampler>(std::move(set), static_cast<size_t>(batch))) {}
  void each(const std::function<bool(data::Example<>&)>& f) override {
    for (auto& batch : *loader_)
      if (!f(batch)) return;
  }
  train::Position position() override { return train::position_of(*loader_); }

 private:
  std::unique_ptr<data::DataLoader<InputSet, Sampler>> loader_;
};

/// The complete set as the only batch of every epoch, made once.
class WholeBatch : public Batches {
 public:
  explicit WholeBatch(InputSet set) {
    std::vector<size_t> all(*set.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = i;
    batch_ = set.get_batch(all);
  }
  void each(const std::function<bool(data::Example<>&)>& f) override {
    if (std::exchange(taken_, false)) return;  // resumed after the epoch's only batch
    taken_ = true;
    if (f(batch_)) taken_ = false;
  }
  train::Position position() override {
    return {[this] { return tensor({int64_t{taken_}}, kInt64); },
            [this](const Tensor& state) { taken_ = state.numel() == 1 && state[0].item<int64_t>() != 0; }, 1};
  }

 private:
  data::Example<> batch_;
  bool taken_ = false;
};

}  // namespace

std::unique_ptr<Batches> make_batches(const Samples& samples, const Inputs& inputs, Order order, int64_t batch) {
  check<ValueError>(batch <= samples.size(), "[train] batches of {} cannot be taken from a set of {}", batch,
                    samples.size());
  InputSet set(samples, inputs);
  if (batch == samples.size() && order != Order::kWithReplacement && inputs.augment.empty())
    return std::make_unique<WholeBatch>(std::move(set));
  switch (order) {
    case Order::kAsTheyAre:
      return std::make_unique<LoaderBatches<data::samplers::SequentialSampler>>(std::move(set), batch);
    case Order::kShuffled:
      return std::make_unique<LoaderBatches<data::samplers::RandomSampler>>(std::move(set), batch);
    case Order::kWithReplacement:
      return std::make_unique<LoaderBatches<ReplacementSampler>>(std::move(set), batch);
  }
  return nullptr;
}

Tensor inputs_of(const Tensor& data, const Inputs& inputs) {
  const Samples samples{data, zeros({data.size(0)}, kInt64)};
  std::vector<size_t> all(static_cast<size_t>(data.size(0)));
  for (size_t i = 0; i < all.size(); ++i) all[i] = i;
  return InputSet(samples, {inputs.scale, {}, inputs.sizes}).get_batch(all).data;
}

}  // namespace command
