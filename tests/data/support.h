// Shared by the tests of data/: MNIST-format files in a temporary folder, and a loop over a loader.
#pragma once

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/temp_folder.h"
#include "weft/data/data.h"
#include "weft/tensor/creation.h"

namespace weft::data {

inline std::string read_bytes(const std::string& path) {
  std::ifstream f(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(f), {}};
}
inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

template <class T>
std::vector<T> values(const Tensor& t) {
  const Tensor c = t.contiguous();
  const T* p = c.data_ptr<T>();
  return {p, p + c.numel()};
}

inline Tensor from_values(const std::vector<int64_t>& v) {
  Tensor t = empty({static_cast<int64_t>(v.size())}, kInt64);
  std::copy(v.begin(), v.end(), t.data_ptr<int64_t>());
  return t;
}

inline Tensor to_bytes(const Tensor& labels) {
  Tensor t = empty(labels.sizes(), kUInt8);
  std::copy_n(labels.data_ptr<int64_t>(), labels.numel(), t.data_ptr<uint8_t>());
  return t;
}

/// Writes digits as the four files of MNIST; `tail` is "" or ".gz".
inline void write_mnist(const std::string& folder, const std::string& tail, size_t train = 60, size_t test = 20) {
  for (bool is_train : {true, false}) {
    const datasets::SyntheticDigits digits(is_train ? train : test, is_train ? 1 : 2);
    const std::string stem = folder + (is_train ? "/train-" : "/t10k-");
    write_idx(stem + "images-idx3-ubyte" + tail, digits.pixels());
    write_idx(stem + "labels-idx1-ubyte" + tail, to_bytes(digits.targets()));
  }
}

/// Checks that `call` throws E with every one of `parts` in its message.
template <class E, class F>
void check_throws(F&& call, const std::vector<std::string>& parts) {
  try {
    call();
  } catch (const E& e) {
    for (const std::string& part : parts)
      BOOST_CHECK_MESSAGE(std::string(e.what()).find(part) != std::string::npos,
                          "'" << part << "' is not in: " << e.what());
    return;
  } catch (const std::exception& e) {
    BOOST_ERROR("another exception: " << e.what());
    return;
  }
  BOOST_ERROR("no exception");
}

/// Sample i is the number i; has no state, throws at `bad`.
struct Counting : datasets::Dataset<Counting> {
  explicit Counting(size_t n, size_t bad = SIZE_MAX) : n(n), bad(bad) {}
  Example<> get(size_t i) override {
    if (i == bad) throw std::runtime_error("sample " + std::to_string(i) + " is bad");
    Tensor data = empty({2}, kFloat32), target = empty({}, kInt64);
    data.data_ptr<float>()[0] = data.data_ptr<float>()[1] = static_cast<float>(i);
    *target.data_ptr<int64_t>() = static_cast<int64_t>(i);
    return {data, target};
  }
  std::optional<size_t> size() const override { return n; }
  size_t n, bad;
};

}  // namespace weft::data
