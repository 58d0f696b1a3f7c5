#include "weft/data/image_dataset.h"

#include "weft/tensor/creation.h"
#include "weft/tensor/parallel.h"

namespace weft::data::datasets {
namespace {

void to_unit(const uint8_t* in, float* out, int64_t count) {
  for (int64_t i = 0; i < count; ++i) out[i] = static_cast<float>(in[i]) / 255.0f;
}

}  // namespace

ImageBytes::ImageBytes(Tensor p, Tensor l) : pixels(std::move(p)), labels(std::move(l)) {
  check<DtypeError>(pixels.dtype() == kUInt8 && labels.dtype() == kInt64,
                    "[ImageDataset] takes uint8 images and int64 labels, not {} and {}", pixels.dtype(),
                    labels.dtype());
  check<ShapeError>((pixels.dim() == 3 || pixels.dim() == 4) && labels.dim() == 1 && labels.size(0) == pixels.size(0),
                    "[ImageDataset] takes images [N, H, W] or [N, C, H, W] and labels [N], not {} and {}",
                    pixels.sizes(), labels.sizes());
  pixels = pixels.contiguous();
  labels = labels.contiguous();
  shape = {pixels.dim() == 4 ? pixels.size(1) : 1, pixels.size(-2), pixels.size(-1)};
}

Example<> ImageBytes::get(size_t index) const {
  check<IndexError>(index < count(), "[ImageDataset] sample {} of {}", index, count());
  Example<> e(empty({shape.channels, shape.height, shape.width}, kFloat32), empty({}, kInt64));
  to_unit(pixels.data_ptr<uint8_t>() + static_cast<int64_t>(index) * shape.numel(), e.data.data_ptr<float>(),
          shape.numel());
  *e.target.data_ptr<int64_t>() = labels.data_ptr<int64_t>()[index];
  return e;
}

void ImageBytes::lend(ImagePlan& plan, ArrayRef<size_t> indices) const {
  check<ShapeError>(plan.images.empty() || plan.shape == shape,
                    "[ImageDataset] images of {}x{}x{} and of {}x{}x{} in one batch", plan.shape.channels,
                    plan.shape.height, plan.shape.width, shape.channels, shape.height, shape.width);
  plan.shape = shape;
  const auto* images = pixels.data_ptr<uint8_t>();
  const auto* targets = labels.data_ptr<int64_t>();
  for (size_t i : indices) {
    check<IndexError>(i < count(), "[ImageDataset] sample {} of {}", i, count());
    plan.images.push_back(images + static_cast<int64_t>(i) * shape.numel());
    plan.targets.push_back(targets[i]);
  }
}

Tensor ImageBytes::as_float() const {
  Tensor out = empty({static_cast<int64_t>(count()), shape.channels, shape.height, shape.width}, kFloat32);
  const auto* from = pixels.data_ptr<uint8_t>();
  auto* to = out.data_ptr<float>();
  parallel_for(pixels.numel(), 0.3,
               [&](int64_t begin, int64_t end) { to_unit(from + begin, to + begin, end - begin); });
  return out;
}

}  // namespace weft::data::datasets
