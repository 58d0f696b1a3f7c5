#include "weft/data/image_plan.h"

#include <algorithm>
#include <array>

#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data {
namespace {

// Steps [0, table) move bytes, [table, floats) are folded into the table, the rest run on floats.
struct Split {
  size_t table, floats;
  ImageShape table_shape, output_shape;
  int64_t scratch = 0;  // elements of the largest intermediate image
};

Split split_steps(const ImagePlan& plan) {
  Split s{};
  ImageShape shape = plan.shape;
  s.scratch = shape.numel();
  size_t i = 0;
  auto pass = [&](size_t step) {
    shape = plan.steps[step].stage->output_shape(shape);
    s.scratch = std::max(s.scratch, shape.numel());
  };
  while (i < plan.steps.size() && plan.steps[i].stage->moves()) pass(i++);
  s.table = i;
  s.table_shape = shape;
  while (i < plan.steps.size() && plan.steps[i].stage->pointwise()) pass(i++);
  s.floats = i;
  while (i < plan.steps.size()) pass(i++);
  s.output_shape = shape;
  return s;
}

// The value of each byte in each channel: the pointwise steps applied to all 256 values as an image.
std::vector<float> make_table(const ImagePlan& plan, const Split& split) {
  const ImageShape ramp{split.table_shape.channels, 16, 16};
  std::vector<float> table(ramp.numel()), next(table.size());
  for (size_t i = 0; i < table.size(); ++i) table[i] = static_cast<float>(i % 256) / 255.0f;
  for (size_t i = split.table; i < split.floats; ++i) {
    plan.steps[i].stage->run(table.data(), next.data(), ramp, {});
    table.swap(next);
  }
  return table;
}

// Scratch memory of one piece of the batch.
void look_up(const uint8_t* in, const float* table, float* out, const ImageShape& shape) {
  const int64_t n = shape.pixels();
  for (int64_t c = 0; c < shape.channels; ++c, in += n, out += n, table += 256)
#pragma GCC unroll 8
    for (int64_t i = 0; i < n; ++i) out[i] = table[in[i]];
}

// Memory of one piece of the batch.
struct Scratch {
  explicit Scratch(const ImagePlan& plan, const Split& s) {
    for (auto& b : bytes) b.resize(s.table > 0 ? s.scratch : 0);
    for (auto& f : floats) f.resize(s.floats < plan.steps.size() ? s.scratch : 0);
  }
  std::array<std::vector<uint8_t>, 2> bytes;
  std::array<std::vector<float>, 2> floats;
};

void make_image(const ImagePlan& plan, const Split& split, const float* table, size_t n, uint64_t epoch,
                Scratch& scratch, float* out) {
  ImageShape shape = plan.shape;
  const uint8_t* bytes = plan.images[n];
  for (size_t i = 0; i < split.table; ++i) {
    const ImagePlan::Step& step = plan.steps[i];
    uint8_t* to = scratch.bytes[i % 2].data();
    step.stage->move(bytes, to, shape, {epoch, step.samples[n]});
    shape = step.stage->output_shape(shape);
    bytes = to;
  }
  const size_t end = plan.steps.size();
  if (split.floats == end) return look_up(bytes, table, out, shape);
  look_up(bytes, table, scratch.floats[0].data(), shape);
  const float* from = scratch.floats[0].data();
  for (size_t i = split.floats; i < end; ++i) {
    const ImagePlan::Step& step = plan.steps[i];
    float* to = i + 1 == end ? out : scratch.floats[(i - split.floats + 1) % 2].data();
    step.stage->run(from, to, shape, {epoch, step.samples[n]});
    shape = step.stage->output_shape(shape);
    from = to;
  }
}

void prefetch(const uint8_t* image, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(image + i);
}

}  // namespace

void ImageStage::move(const uint8_t*, uint8_t*, const ImageShape&, const SampleKey&) const {
  fail<StateError>("[ImageStage] move() called on a stage that works on floats");
}

Example<> run_plan(const ImagePlan& plan, uint64_t epoch) {
  const Split split = split_steps(plan);
  const std::vector<float> table = make_table(plan, split);
  const ImageShape& o = split.output_shape;
  const auto count = static_cast<int64_t>(plan.images.size());
  Example<> batch(empty({count, o.channels, o.height, o.width}, kFloat32), empty({count}, kInt64));
  std::copy(plan.targets.begin(), plan.targets.end(), batch.target.data_ptr<int64_t>());
  auto* out = batch.data.data_ptr<float>();
  // rows of a shuffled set are anywhere in memory
  const double cost =
      static_cast<double>(split.scratch) *
      (0.4 + 0.2 * static_cast<double>(split.table) + 4.0 * static_cast<double>(plan.steps.size() - split.floats));
  parallel_for(count, cost, [&](int64_t begin, int64_t end) {
    Scratch scratch(plan, split);
    for (int64_t n = begin; n < end; ++n) {
      if (n + 2 < end) prefetch(plan.images[n + 2], plan.shape.numel());  // rows of a shuffled set lie anywhere
      make_image(plan, split, table.data(), n, epoch, scratch, out + n * o.numel());
    }
  });
  return batch;
}

}  // namespace weft::data
