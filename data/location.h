// Where data sets lie on this machine.
#pragma once

#include <optional>
#include <string>

namespace weft::data {

/// $XDG_CACHE_HOME/weft, or ~/.cache/weft; empty where neither variable is set.
std::string cache_folder();

/// The folder under which data sets are looked for: `dir` where given (a program's --data), else $WEFT_DATA, else
/// cache_folder().
std::string data_folder(const std::optional<std::string>& dir = {});

/// Where MNIST is, or why it was not found.
struct MnistLocation {
  std::optional<std::string> folder;  ///< holds at least one of the four files: give it to datasets::MNIST
  std::string explanation;            ///< one sentence for the user, found or not
};

/// Looks in `mnist/`, `MNIST/raw/` (torchvision's) and the folder itself, below data_folder(dir).
MnistLocation find_mnist(const std::optional<std::string>& dir = {});
/// The same of Fashion-MNIST, in `fashion/`, `fashion-mnist/` and `FashionMNIST/raw/` below data_folder(dir).
MnistLocation find_fashion_mnist(const std::optional<std::string>& dir = {});

}  // namespace weft::data
