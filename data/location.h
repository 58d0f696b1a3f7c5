// Locations of data sets on this machine.
#pragma once

#include <optional>
#include <string>

namespace weft::data {

/// $XDG_CACHE_HOME/weft, or ~/.cache/weft; empty if neither variable is set.
std::string cache_folder();

/// The folder to search for data sets: `dir` if given (a program's --data), else $WEFT_DATA, else cache_folder().
std::string data_folder(const std::optional<std::string>& dir = {});

/// The location of MNIST, or the reason why it was not found.
struct MnistLocation {
  std::optional<std::string> folder;  ///< contains at least one of the four files: pass it to datasets::MNIST
  std::string explanation;            ///< one sentence for the user, found or not
};

/// Searches `mnist/`, `MNIST/raw/` (torchvision's) and the folder itself, below data_folder(dir).
MnistLocation find_mnist(const std::optional<std::string>& dir = {});
/// The same for Fashion-MNIST, in `fashion/`, `fashion-mnist/` and `FashionMNIST/raw/` below data_folder(dir).
MnistLocation find_fashion_mnist(const std::optional<std::string>& dir = {});

}  // namespace weft::data
