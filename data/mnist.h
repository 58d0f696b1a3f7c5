// MNIST and Fashion-MNIST: four IDX files of 28x28 images and labels 0 to 9.
#pragma once

#include <string>

#include "weft/data/image_dataset.h"

namespace weft::data {

/// One half of MNIST as plain tensors.
struct MnistTensors {
  Tensor images;  ///< uint8 [N, 28, 28]
  Tensor labels;  ///< int64 [N]
};

/// Reads train-images-idx3-ubyte and train-labels-idx1-ubyte, or t10k-..., plain or with .gz, from a folder. Throws
/// IoError for missing files (with the names that were tried), damaged ones, images that are not 28x28, counts that do
/// not agree, and labels above 9.
MnistTensors load_mnist(const std::string& folder, bool train = true);

/// True if at least one of the four files is in the folder.
bool holds_mnist(const std::string& folder);

namespace datasets {

/// Handwritten digits (LeCun, Cortes, Burges): 60,000 for training, 10,000 for tests.
class MNIST : public ImageDataset<MNIST> {
 public:
  enum class Mode { kTrain, kTest };
  /// Reads the files in folder `root`; throws the errors of load_mnist.
  explicit MNIST(const std::string& root, Mode mode = Mode::kTrain);
  bool is_train() const noexcept { return mode_ == Mode::kTrain; }

 private:
  Mode mode_;
};

/// Pictures of clothes (Xiao, Rasul, Vollgraf 2017), in files with the same names and format.
class FashionMNIST : public ImageDataset<FashionMNIST> {
 public:
  enum class Mode { kTrain, kTest };
  explicit FashionMNIST(const std::string& root, Mode mode = Mode::kTrain);
  bool is_train() const noexcept { return mode_ == Mode::kTrain; }

 private:
  Mode mode_;
};

extern template class Dataset<MNIST>;
extern template class ImageDataset<MNIST>;
extern template class Dataset<FashionMNIST>;
extern template class ImageDataset<FashionMNIST>;

}  // namespace datasets
}  // namespace weft::data
