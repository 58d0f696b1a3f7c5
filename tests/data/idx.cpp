// The IDX reader and the MNIST folder: good files, and every kind of bad one.
#include "weft/data/idx.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "tests/data/support.h"

using namespace weft;
using namespace weft::data;
using Mode = datasets::MNIST::Mode;

namespace {

struct Folder : TempFolder {
  std::string images = *this / "train-images-idx3-ubyte", labels = *this / "train-labels-idx1-ubyte";
};

Tensor ramp(IntArrayRef sizes) {
  Tensor t = empty(sizes, kUInt8);
  for (int64_t i = 0; i < t.numel(); ++i) t.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(i * 7);
  return t;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(idx)

BOOST_AUTO_TEST_CASE(written_files_read_back) {
  TempFolder dir;
  for (const std::string name : {"a", "a.gz"})
    for (const Dims& sizes : {Dims{5}, Dims{3, 4, 2}, Dims{0, 28, 28}, Dims{300, 28, 28}}) {
      const Tensor array = ramp(sizes);
      write_idx(dir / name, array);
      const Tensor back = read_idx(dir / name);
      BOOST_TEST((back.sizes() == array.sizes()));
      BOOST_TEST(values<uint8_t>(back) == values<uint8_t>(array), boost::test_tools::per_element());
    }
  BOOST_TEST(read_bytes(dir / "a").substr(0, 8) == std::string("\0\0\x08\x03\0\0\x01\x2c", 8));
  BOOST_TEST(read_bytes(dir / "a").size() == 16 + 300 * 28 * 28);
  BOOST_TEST(read_bytes(dir / "a.gz").substr(0, 2) == "\x1f\x8b");
}

BOOST_AUTO_TEST_CASE(a_gzipped_file_needs_no_name_for_it) {
  TempFolder dir;
  write_idx(dir / "a.gz", ramp({3, 2}));
  std::filesystem::rename(dir / "a.gz", dir / "a");
  BOOST_TEST((read_idx(dir / "a").sizes() == IntArrayRef({3, 2})));
}

BOOST_AUTO_TEST_CASE(bad_files_are_named) {
  TempFolder dir;
  const std::string path = dir / "file";
  auto bad = [&](const std::string& bytes, const std::vector<std::string>& parts) {
    write_bytes(path, bytes);
    std::vector<std::string> all = parts;
    all.push_back(path);
    check_throws<IoError>([&] { read_idx(path, 1); }, all);
  };
  check_throws<IoError>([&] { read_idx(path); }, {path, "No such file"});
  check_throws<IoError>([&] { read_idx(dir.path.string()); }, {dir.path.string(), "folder"});
  bad("", {"4 bytes", "found 0"});
  bad(std::string("\0\0\x08", 3), {"4 bytes", "found 3"});
  bad("PNG image", {"00 00 08", "50 4e 47"});
  bad(std::string("\0\0\x0d\x01\0\0\0\x01----", 12), {"0x08", "0x0d"});
  bad(std::string("\0\0\x08\x03\0\0\0\x01", 8), {"1 dimension (labels)", "3 dimensions (images)"});
  bad(std::string("\0\0\x08\x01\0\0", 6), {"4 bytes of sizes", "found 2"});
  bad(std::string("\0\0\x08\x01\0\0\0\x05xyz", 11), {"truncated", "5 elements [5]", "11 bytes"});
  bad(std::string("\0\0\x08\x01\xff\xff\xff\xffxyz", 11), {"truncated", "4294967295"});
  bad(std::string("\0\0\x08\x01\0\0\0\x02xyz", 11), {"end after 2 elements", "found more"});
}

BOOST_AUTO_TEST_CASE(bad_gzip_is_named) {
  TempFolder dir;
  const std::string path = dir / "file.gz";
  Tensor noise = empty({20000}, kUInt8);
  uint32_t x = 1;
  for (int64_t i = 0; i < noise.numel(); ++i)
    noise.data_ptr<uint8_t>()[i] = static_cast<uint8_t>((x = x * 1664525 + 1013904223) >> 24);
  write_idx(path, noise);
  const std::string good = read_bytes(path);
  auto bad = [&](const std::string& bytes, const std::string& part) {
    write_bytes(path, bytes);
    check_throws<IoError>([&] { read_idx(path, 1); }, {path, part});
  };
  bad(good.substr(0, good.size() / 2), "ends too early");
  bad(good.substr(0, good.size() - 3), "ends too early");
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 0x55);
  bad(flipped, "corrupt");
  std::string checksum = good;
  checksum[good.size() - 6] = static_cast<char>(checksum[good.size() - 6] ^ 1);
  bad(checksum, "corrupt");
  // A header that declares more than the compressed bytes can hold throws before memory is allocated.
  write_idx(path, ramp({10}));
  write_bytes(dir / "huge", std::string("\0\0\x08\x02\0\x40\0\0\0\x40\0\0", 12));
  check_throws<IoError>([&] { read_idx(dir / "huge"); }, {dir / "huge", "truncated"});
  // So does one whose sizes exceed any tensor's.
  write_bytes(dir / "larger", std::string("\0\0\x08\x02\x40\0\0\0\x40\0\0\0", 12));
  check_throws<IoError>([&] { read_idx(dir / "larger"); }, {dir / "larger", "too large"});
}

BOOST_AUTO_TEST_CASE(mnist_reads_both_forms) {
  for (const std::string tail : {"", ".gz"}) {
    TempFolder dir;
    write_mnist(dir.path.string(), tail);
    const datasets::MNIST train(dir.path.string()), test(dir.path.string(), Mode::kTest);
    BOOST_TEST(train.is_train());
    BOOST_TEST(!test.is_train());
    BOOST_TEST(train.size().value() == 60u);
    BOOST_TEST(test.size().value() == 20u);
    const datasets::SyntheticDigits digits(20, 2);
    BOOST_TEST(values<uint8_t>(test.pixels()) == values<uint8_t>(digits.pixels()), boost::test_tools::per_element());
    BOOST_TEST(values<int64_t>(test.targets()) == values<int64_t>(digits.targets()), boost::test_tools::per_element());
    BOOST_TEST((test.images().sizes() == IntArrayRef({20, 1, 28, 28})));
    const MnistTensors plain = load_mnist(dir.path.string(), false);
    BOOST_TEST((plain.images.sizes() == IntArrayRef({20, 28, 28})));
    BOOST_TEST((plain.labels.dtype() == kInt64));
    datasets::FashionMNIST fashion(dir.path.string(), datasets::FashionMNIST::Mode::kTest);
    BOOST_TEST(fashion.get(3).target.item<int64_t>() == digits.targets()[3].item<int64_t>());
  }
}

BOOST_AUTO_TEST_CASE(missing_files_name_what_was_tried) {
  Folder dir;
  check_throws<IoError>([&] { datasets::MNIST(dir / "nowhere"); }, {dir / "nowhere", "no such folder"});
  check_throws<IoError>([&] { datasets::MNIST(dir.path.string()); },
                        {dir.path.string(), "training images", "train-images-idx3-ubyte, train-images-idx3-ubyte.gz"});
  write_mnist(dir.path.string(), "");
  std::filesystem::remove(dir / "t10k-labels-idx1-ubyte");
  check_throws<IoError>([&] { datasets::MNIST(dir.path.string(), Mode::kTest); },
                        {"test labels", "t10k-labels-idx1-ubyte.gz"});
}

BOOST_AUTO_TEST_CASE(files_that_do_not_fit_each_other) {
  Folder dir;
  const datasets::SyntheticDigits digits(10, 1);
  const Tensor labels = to_bytes(digits.targets());
  auto bad = [&](const Tensor& images, const Tensor& labels, const std::vector<std::string>& parts) {
    write_idx(dir.images, images);
    write_idx(dir.labels, labels);
    check_throws<IoError>([&] { datasets::MNIST(dir.path.string()); }, parts);
  };
  bad(labels, digits.pixels(), {dir.labels, "1 dimension (labels)", "3 dimensions (images)"});
  bad(labels, labels, {dir.images, "3 dimensions (images)", "1 dimension (labels)"});
  bad(digits.pixels(), ramp({9}).mul(0), {"10 images", "9 labels"});
  bad(ramp({10, 20, 28}), labels, {dir.images, "28x28", "20x28"});
  Tensor wrong = labels.clone();
  wrong.data_ptr<uint8_t>()[7] = 10;
  bad(digits.pixels(), wrong, {dir.labels, "labels 0 to 9", "found 10 at 7"});
}

BOOST_AUTO_TEST_CASE(an_array_that_is_no_idx_file) {
  TempFolder dir;
  BOOST_CHECK_THROW(write_idx(dir / "f", empty({3}, kFloat32)), DtypeError);
  BOOST_CHECK_THROW(write_idx(dir / "f", empty({}, kUInt8)), ShapeError);
  BOOST_CHECK_THROW(write_idx(dir / "nowhere/f", ramp({3})), IoError);
}

BOOST_AUTO_TEST_CASE(mnist_is_found) {
  TempFolder dir;
  std::filesystem::create_directories(dir / "a/mnist");
  std::filesystem::create_directories(dir / "b/MNIST/raw");
  write_mnist(dir / "a/mnist", ".gz", 2, 2);
  write_mnist(dir / "b/MNIST/raw", "", 2, 2);
  BOOST_TEST(find_mnist(dir / "a").folder.value() == dir / "a/mnist");
  BOOST_TEST(find_mnist(dir / "b").folder.value() == dir / "b/MNIST/raw");
  BOOST_TEST(find_mnist(dir / "a/mnist").folder.value() == dir / "a/mnist");
  BOOST_TEST(!find_mnist(dir / "nowhere").folder);
  BOOST_TEST(find_mnist(dir / "nowhere").explanation.find(dir / "nowhere/mnist") != std::string::npos);

  auto keep = [](const char* name) { return std::optional<std::string>(std::getenv(name) ? std::getenv(name) : ""); };
  const auto data = keep("WEFT_DATA"), cache = keep("XDG_CACHE_HOME");
  ::setenv("WEFT_DATA", (dir / "a").c_str(), 1);
  BOOST_TEST(find_mnist().folder.value() == dir / "a/mnist");
  BOOST_TEST(data_folder(dir / "b") == dir / "b");
  ::unsetenv("WEFT_DATA");
  ::setenv("XDG_CACHE_HOME", (dir / "b").c_str(), 1);
  BOOST_TEST(data_folder() == dir / "b/weft");
  data->empty() ? ::unsetenv("WEFT_DATA") : ::setenv("WEFT_DATA", data->c_str(), 1);
  cache->empty() ? ::unsetenv("XDG_CACHE_HOME") : ::setenv("XDG_CACHE_HOME", cache->c_str(), 1);
}

// Runs if $WEFT_DATA contains the real files.
BOOST_AUTO_TEST_CASE(the_real_mnist) {
  const char* root = std::getenv("WEFT_DATA");
  const MnistLocation place = find_mnist(std::string(root ? root : "/nowhere"));
  if (!place.folder) {
    BOOST_TEST_MESSAGE(place.explanation);
    return;
  }
  const MnistTensors train = load_mnist(*place.folder), test = load_mnist(*place.folder, false);
  BOOST_TEST((train.images.sizes() == IntArrayRef({60000, 28, 28})));
  BOOST_TEST((test.images.sizes() == IntArrayRef({10000, 28, 28})));
  const std::vector<int64_t> first = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
  const std::vector<int64_t> all = values<int64_t>(train.labels);
  BOOST_TEST(std::vector<int64_t>(all.begin(), all.begin() + 10) == first, boost::test_tools::per_element());
  double sum = 0;
  for (uint8_t v : values<uint8_t>(train.images)) sum += v;
  BOOST_TEST(sum / (60000.0 * 784 * 255) == 0.1307, boost::test_tools::tolerance(1e-3));
}

BOOST_AUTO_TEST_SUITE_END()
