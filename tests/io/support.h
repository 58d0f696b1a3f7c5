// Files of other programs in tests/golden/interop, and damaged copies of them.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <fstream>
#include <random>
#include <string>

#include "tests/golden.h"
#include "tests/temp_folder.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/error.h"

namespace weft::test {

inline std::string interop(const std::string& name) { return golden_path("interop/" + name); }

inline std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// True if the tensors are the same, or both NaN where one is.
inline bool same(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && a.dtype() == b.dtype() && difference(a, b, 0) == "";
}

/// Calls `read` with every truncation of a file (every 7th of one above 4 kB, every 37th above 20 kB), and with `flips`
/// copies of which one to four bytes are changed. Each must be read or throw a weft::Error; returns how many threw.
template <class F>
int64_t read_damaged(const std::string& path, int64_t flips, F read) {
  const std::string whole = bytes_of(path);
  BOOST_REQUIRE(!whole.empty());
  const int file = ::memfd_create("damaged", MFD_CLOEXEC);
  BOOST_REQUIRE(file >= 0);
  const std::string name = "/proc/self/fd/" + std::to_string(file);
  int64_t threw = 0;
  const auto attempt = [&](const std::string& bytes) {
    BOOST_REQUIRE(::ftruncate(file, 0) == 0);
    BOOST_REQUIRE(::pwrite(file, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    try {
      read(name);
    } catch (const Error&) {
      ++threw;
    }
  };
  for (size_t size = 0; size<whole.size(); size += whole.size()> 20000 ? 37 : whole.size() > 4000 ? 7 : 1)
    attempt(whole.substr(0, size));
  std::mt19937 random(7);
  for (int64_t i = 0; i < flips; ++i) {
    std::string bytes = whole;
    for (uint32_t n = random() % 4 + 1; n > 0; --n) bytes[random() % bytes.size()] = static_cast<char>(random());
    attempt(bytes);
  }
  ::close(file);
  return threw;
}

/// The message of the weft::Error of type E that f throws; fails the test if it throws none.
template <class E = IoError, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  }
  BOOST_ERROR("expected an error");
  return "";
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace weft::test
