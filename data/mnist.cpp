#include "weft/data/mnist.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "weft/data/idx.h"
#include "weft/tensor/creation.h"

namespace weft::data {
namespace {

constexpr int64_t kSide = 28, kClasses = 10;

// "train-images-idx3-ubyte" and its other spellings.
std::vector<std::string> spellings(bool train, bool images) {
  const std::string stem = std::string(train ? "train-" : "t10k-") + (images ? "images" : "labels");
  const std::string tail = images ? "idx3-ubyte" : "idx1-ubyte";
  return {stem + "-" + tail, stem + "-" + tail + ".gz", stem + "." + tail, stem + "." + tail + ".gz"};
}

std::optional<std::string> find_file(const std::string& folder, bool train, bool images) {
  std::error_code error;
  for (const std::string& name : spellings(train, images))
    if (const std::string path = folder + "/" + name; std::filesystem::exists(path, error)) return path;
  return std::nullopt;
}

std::string require_file(const std::string& folder, bool train, bool images) {
  if (auto path = find_file(folder, train, images)) return *path;
  std::error_code error;
  check<IoError>(std::filesystem::exists(folder, error), "[MNIST] {}: no such folder", folder);
  std::string names;
  for (const std::string& name : spellings(train, images)) names += (names.empty() ? "" : ", ") + name;
  fail<IoError>("[MNIST] {}: the {} {} are missing, tried {}", folder, train ? "training" : "test",
                images ? "images" : "labels", names);
}

Tensor checked_labels(const Tensor& bytes, const std::string& path) {
  Tensor labels = empty(bytes.sizes(), kInt64);
  const auto* from = bytes.data_ptr<uint8_t>();
  auto* to = labels.data_ptr<int64_t>();
  for (int64_t i = 0; i < bytes.numel(); ++i) {
    check<IoError>(from[i] < kClasses, "[MNIST] {}: expected labels 0 to {}, found {} at {}", path, kClasses - 1,
                   from[i], i);
    to[i] = from[i];
  }
  return labels;
}

datasets::ImageBytes load_bytes(const std::string& folder, bool train) {
  MnistTensors t = load_mnist(folder, train);
  return {std::move(t.images), std::move(t.labels)};
}

}  // namespace

MnistTensors load_mnist(const std::string& folder, bool train) {
  const std::string image_path = require_file(folder, train, true), label_path = require_file(folder, train, false);
  const Tensor label_bytes = read_idx(label_path, 1);
  Tensor images = read_idx(image_path, 3);
  check<IoError>(images.size(1) == kSide && images.size(2) == kSide,
                 "[MNIST] {}: expected images of {}x{}, found {}x{}", image_path, kSide, kSide, images.size(1),
                 images.size(2));
  check<IoError>(images.size(0) == label_bytes.size(0),
                 "[MNIST] {}: expected as many labels as images, found {} images in {} and {} labels in {}", folder,
                 images.size(0), image_path, label_bytes.size(0), label_path);
  check<IoError>(images.size(0) > 0, "[MNIST] {}: contains no images", image_path);
  return {std::move(images), checked_labels(label_bytes, label_path)};
}

bool holds_mnist(const std::string& folder) {
  for (bool train : {true, false})
    for (bool images : {true, false})
      if (find_file(folder, train, images)) return true;
  return false;
}

namespace datasets {

MNIST::MNIST(const std::string& root, Mode mode) : ImageDataset(load_bytes(root, mode == Mode::kTrain)), mode_(mode) {}
FashionMNIST::FashionMNIST(const std::string& root, Mode mode)
    : ImageDataset(load_bytes(root, mode == Mode::kTrain)), mode_(mode) {}

template class Dataset<MNIST>;
template class ImageDataset<MNIST>;
template class Dataset<FashionMNIST>;
template class ImageDataset<FashionMNIST>;

}  // namespace datasets
}  // namespace weft::data
