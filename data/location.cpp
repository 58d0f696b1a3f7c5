#include "weft/data/location.h"

#include <fmt/core.h>

#include <cstdlib>
#include <filesystem>

#include "weft/data/mnist.h"

namespace weft::data {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

std::string cache_folder() {
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + "/weft";
  if (const std::string home = variable("HOME"); !home.empty()) return home + "/.cache/weft";
  return "";
}

std::string data_folder(const std::optional<std::string>& dir) {
  if (dir) return *dir;
  const std::string set = variable("WEFT_DATA");
  return set.empty() ? cache_folder() : set;
}

namespace {

MnistLocation find_below(const std::string& name, std::initializer_list<const char*> places,
                         const std::optional<std::string>& dir) {
  const std::string root = data_folder(dir);
  const std::string source = dir                              ? "as asked for"
                             : !variable("WEFT_DATA").empty() ? "from $WEFT_DATA"
                                                              : "the cache folder";
  if (root.empty()) return {{}, name + " was not looked for: neither $WEFT_DATA, $XDG_CACHE_HOME nor $HOME is set"};
  for (const char* below : places) {
    const std::string folder = root + below;
    if (holds_mnist(folder)) return {folder, fmt::format("{} is in {} ({})", name, folder, source)};
  }
  std::error_code error;
  const bool exists = std::filesystem::is_directory(root, error);
  return {{},
          fmt::format("{} is not in {}{} ({}){}", name, root, *places.begin(), source,
                      exists ? "" : ": there is no folder " + root)};
}

}  // namespace

MnistLocation find_mnist(const std::optional<std::string>& dir) {
  return find_below("MNIST", {"/mnist", "/MNIST/raw", ""}, dir);
}

MnistLocation find_fashion_mnist(const std::optional<std::string>& dir) {
  return find_below("Fashion-MNIST", {"/fashion", "/fashion-mnist", "/FashionMNIST/raw"}, dir);
}

}  // namespace weft::data
