// The safetensors codec: round trips, files checked against the format's description, and invalid files.
#include "weft/tensor/safetensors.h"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/temp_folder.h"
#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"

using namespace weft;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(safetensors)

namespace {

/// A separate folder for each test.
struct Folder : TempFolder {
  std::string at(const char* name) const { return *this / name; }
};

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::string with_length(uint64_t length, const std::string& rest) {
  std::string out(8, '\0');
  std::memcpy(out.data(), &length, 8);
  return out + rest;
}
/// A file with this header and this many bytes of data.
std::string file_of(const std::string& header, size_t data) {
  return with_length(header.size(), header) + std::string(data, '\1');
}

NamedTensors samples() {
  return {{"bytes", tensor({1, 2, 255}, kUInt8)},
          {"flags", tensor({true, false, true}, kBool)},
          {"floats.weight", tensor({{1.5, -2}, {0.25, 1e30}}, kFloat32)},
          {"doubles", tensor({3.141592653589793, -0.0}, kFloat64)},
          {"longs", tensor({int64_t{1} << 62, int64_t{-1}}, kInt64)},
          {"ints", tensor({7, -7, 8}, kInt32)},
          {"scalar", scalar_tensor(2.5, kFloat64)},
          {"empty", zeros({0, 3}, kFloat32)},
          {"name with \"quotes\", \u00fc and \n", ones({1}, kFloat32)}};
}

void check_same(const Tensor& a, const Tensor& b) {
  BOOST_REQUIRE(a.dtype() == b.dtype());
  BOOST_REQUIRE(a.sizes() == b.sizes());
  BOOST_TEST(std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), static_cast<size_t>(a.nbytes())) == 0);
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(what_is_saved_is_loaded, Folder) {
  const NamedTensors saved = samples();
  save_safetensors(at("a"), saved, {{"format", "pt"}, {"note", "two\nlines"}});
  const StateDict loaded = load_safetensors(at("a"));
  BOOST_TEST((loaded.metadata == Metadata{{"format", "pt"}, {"note", "two\nlines"}}));
  BOOST_REQUIRE_EQUAL(loaded.tensors.size(), saved.size());
  for (size_t i = 0; i < saved.size(); ++i) {
    BOOST_TEST(loaded.tensors[i].first == saved[i].first);  // the order, too
    check_same(loaded.tensors[i].second, saved[i].second);
  }
  BOOST_TEST(files() == 1u);

  save_safetensors(at("a"), {});  // over the old one
  BOOST_TEST(load_safetensors(at("a")).tensors.empty());
  BOOST_TEST(files() == 1u);
}

BOOST_FIXTURE_TEST_CASE(any_strides_are_written_row_major, Folder) {
  Tensor x = arange(24, kFloat32).reshape({2, 3, 4});
  const NamedTensors saved{{"permuted", x.permute({2, 0, 1})},
                           {"sliced", x.slice(2, 1, 4, 2)},
                           {"expanded", ones({1, 3}).expand({2, 3})},
                           {"needs a gradient", ones({2}).set_requires_grad(true)}};
  save_safetensors(at("a"), saved);
  const StateDict loaded = load_safetensors(at("a"));
  for (const auto& [name, t] : saved) check_same(loaded.at(name), t.detach());
}

// The description: https://github.com/huggingface/safetensors#format
BOOST_FIXTURE_TEST_CASE(a_written_file_follows_the_description, Folder) {
  const NamedTensors saved = samples();
  save_safetensors(at("a"), saved, {{"format", "pt"}});
  const std::string bytes = read(at("a"));
  uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(bytes[static_cast<size_t>(i)]);
  BOOST_REQUIRE(8 + length <= bytes.size());
  BOOST_TEST(length % 8 == 0);
  const std::string text = bytes.substr(8, length);
  BOOST_TEST(text.front() == '{');
  BOOST_TEST(text.find_last_not_of(' ') == text.rfind('}'));
  const auto header = nlohmann::json::parse(text);
  BOOST_TEST(header.size() == saved.size() + 1);
  BOOST_TEST(header.at("__metadata__") == nlohmann::json({{"format", "pt"}}));

  const std::map<Dtype, std::string> names{{kBool, "BOOL"}, {kUInt8, "U8"},    {kInt32, "I32"},
                                           {kInt64, "I64"}, {kFloat32, "F32"}, {kFloat64, "F64"}};
  const std::string data = bytes.substr(8 + length);
  std::vector<int> covered(data.size());
  for (const auto& entry : saved) {
    const auto& info = header.at(entry.first);
    const Tensor& t = entry.second;
    BOOST_TEST(info.size() == 3u);
    BOOST_TEST(info.at("dtype") == names.at(t.dtype()));
    BOOST_TEST(info.at("shape") == nlohmann::json(t.sizes().vec()));
    const auto begin = info.at("data_offsets").at(0).get<size_t>(), end = info.at("data_offsets").at(1).get<size_t>();
    BOOST_REQUIRE(begin <= end);
    BOOST_REQUIRE(end <= data.size());
    BOOST_TEST(begin % static_cast<size_t>(t.element_size()) == 0u);  // recommended, and required by NumPy's views
    BOOST_TEST(data.substr(begin, end - begin) ==
               std::string(static_cast<const char*>(t.data_ptr()), static_cast<size_t>(t.nbytes())));
    for (size_t i = begin; i < end; ++i) ++covered[i];
  }
  BOOST_TEST(std::count(covered.begin(), covered.end(), 1) == static_cast<std::ptrdiff_t>(data.size()));
}

BOOST_AUTO_TEST_CASE(a_file_of_another_writer_is_read) {
  const StateDict golden = load_safetensors(WEFT_TEST_DIR "/golden/optimizers.safetensors");
  BOOST_TEST(golden.tensors.size() == 45u);
  BOOST_TEST((golden.at("sgd/param2").sizes() == IntArrayRef{8}));
  BOOST_TEST((golden.at("sgd/param2").dtype() == kFloat32));
}

BOOST_FIXTURE_TEST_CASE(files_that_break_the_format, Folder) {
  struct Row {
    const char* bytes_of;
    std::string bytes, message;
  };
  auto entry = [](const char* shape, const char* offsets) {
    return fmt::format(R"({{"a":{{"dtype":"F32","shape":{},"data_offsets":{}}}}})", shape, offsets);
  };
  const std::string a = R"("a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})";
  const Row rows[] = {
      {"an empty file", "", "has 0 bytes, expected at least the 8"},
      {"a file of 7 bytes", "1234567", "has 7 bytes"},
      {"a header length of 2^63", with_length(uint64_t{1} << 63, "{}"), "expected at most 100000000"},
      {"a header length just above the limit", with_length(100'000'001, "{}"), "expected at most 100000000"},
      {"a truncated header", with_length(10, "{}"), "has 10 bytes, expected at least 18"},
      {"an empty header", with_length(0, ""), "does not start with '{'"},
      {"a list as header", file_of("[]", 0), "does not start with '{'"},
      {"a header that ends early", file_of(R"({"a":)", 0), "not JSON"},
      {"a header with more behind", file_of("{} {}", 0), "not JSON"},
      {"a header that is not UTF-8", file_of("{\"\xff\":1}", 0), "not JSON"},
      {"deep nesting", file_of(R"({"a":)" + std::string(100000, '[') + std::string(100000, ']') + "}", 0), "nested"},
      {"a name twice", file_of("{" + a + "," + a + "}", 4), "'a' occurs twice"},
      {"a key twice", file_of(R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4), "twice"},
      {"no object", file_of(R"({"a":1})", 0), "expected an object"},
      {"no dtype", file_of(R"({"a":{"shape":[1],"data_offsets":[0,4]}})", 4), "no dtype"},
      {"an unknown dtype", file_of(R"({"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})", 4),
       "dtype F8_E4M3, expected one of BOOL, U8, I8, I16, I32, I64, F16, BF16, F32, F64"},
      {"no shape", file_of(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4), "no list 'shape'"},
      {"a negative size", file_of(entry("[-1]", "[0,4]"), 4), "shape holds -1"},
      {"a fraction as size", file_of(entry("[1.0]", "[0,4]"), 4), "shape holds 1.0"},
      {"a size above int64", file_of(entry("[9223372036854775808]", "[0,4]"), 4), "shape holds 9223372036854775808"},
      {"sizes whose product overflows", file_of(entry("[4611686018427387904,4]", "[0,0]"), 0),
       "more than fits into memory"},
      {"a size of 0 beside such sizes", file_of(entry("[0,4611686018427387904,4]", "[0,0]"), 0),
       "more than fits into memory"},
      {"a shape larger than its range", file_of(entry("[2]", "[0,4]"), 4), "range of 4 bytes, expected 8"},
      {"one offset", file_of(entry("[1]", "[4]"), 4), "data_offsets [4]"},
      {"offsets the wrong way", file_of(entry("[1]", "[4,0]"), 4), "data_offsets [4,0]"},
      {"truncated data", file_of(entry("[1]", "[0,4]"), 3), "within the 3 bytes of data"},
      {"bytes that belong to nobody", file_of(entry("[1]", "[0,4]"), 5), "cover 4 bytes of data, the file has 5"},
      {"a gap", file_of(entry("[1]", "[4,8]"), 8), "starts at byte 4 of the data, expected 0 (gap)"},
      {"an overlap", file_of("{" + a + R"(,"b":{"dtype":"U8","shape":[3],"data_offsets":[3,6]}})", 6), "(overlap)"},
      {"two tensors of one range", file_of("{" + a + R"(,"b":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", 4),
       "(overlap)"},
      {"metadata that is no object", file_of(R"({"__metadata__":[]})", 0), "__metadata__ is array"},
      {"metadata that is no text", file_of(R"({"__metadata__":{"a":1}})", 0), "__metadata__ entry 'a' is number"},
  };
  for (const Row& row : rows) BOOST_TEST_CONTEXT(row.bytes_of) {
      write(at("bad"), row.bytes);
      BOOST_CHECK_EXCEPTION(load_safetensors(at("bad")), IoError, [&](const IoError& e) {
        BOOST_TEST_MESSAGE(e.what());
        return std::string(e.what()).find(row.message) != std::string::npos &&
               std::string(e.what()).find(at("bad")) != std::string::npos;
      });
    }
  const std::string header = R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  write(at("bad"), with_length(header.size(), header) + '\2');
  BOOST_CHECK_THROW(load_safetensors(at("bad")), IoError);
  write(at("good"), with_length(header.size(), header) + '\1');
  BOOST_TEST(load_safetensors(at("good")).at("a").item<bool>());
}

BOOST_FIXTURE_TEST_CASE(every_truncation_is_found, Folder) {
  save_safetensors(at("a"), samples(), {{"format", "pt"}});
  const std::string bytes = read(at("a"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    write(at("bad"), bytes.substr(0, size));
    BOOST_REQUIRE_THROW(load_safetensors(at("bad")), IoError);
  }
}

BOOST_FIXTURE_TEST_CASE(what_cannot_be_opened, Folder) {
  BOOST_CHECK_EXCEPTION(load_safetensors(at("none")), IoError, [](const IoError& e) {
    return std::string(e.what()).find("No such file") != std::string::npos;
  });
  BOOST_CHECK_THROW(load_safetensors(path.string()), IoError);
  BOOST_CHECK_THROW(load_safetensors("/dev/null"), IoError);
  BOOST_CHECK_THROW(save_safetensors(path / "none" / "a", samples()), IoError);
  BOOST_CHECK_THROW(save_safetensors(path.string(), samples()), IoError);
  BOOST_CHECK_THROW(save_safetensors("/dev/full", samples()), IoError);
}

BOOST_FIXTURE_TEST_CASE(what_is_not_saved, Folder) {
  const Tensor t = ones({1});
  BOOST_CHECK_THROW(save_safetensors(at("a"), {{"x", t}, {"x", t}}), ValueError);
  BOOST_CHECK_THROW(save_safetensors(at("a"), {{"__metadata__", t}}), ValueError);
  BOOST_CHECK_THROW(save_safetensors(at("a"), {{"\xff", t}}), ValueError);
  BOOST_CHECK_THROW(save_safetensors(at("a"), {{"x", t}}, {{"note", "\xff"}}), ValueError);
  BOOST_CHECK_THROW(save_safetensors(at("a"), {{"x", Tensor()}}), StateError);
  BOOST_TEST(files() == 0u);
}

BOOST_FIXTURE_TEST_CASE(a_failed_write_leaves_the_old_file, Folder) {
  save_safetensors(at("a"), {{"x", ones({3})}});
  // A limit on file sizes makes writes fail like a full disk; without a handler its signal would end the process.
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  BOOST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &old) == 0);
  rlimit small = old;
  small.rlim_cur = 100'000;
  BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  std::string message;
  try {
    save_safetensors(at("a"), {{"x", zeros({100'000})}});
  } catch (const IoError& e) {
    message = e.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  BOOST_TEST(message.find("File too large") != std::string::npos, message);
  BOOST_TEST(message.find(at("a")) != std::string::npos, message);
  BOOST_TEST(files() == 1u);
  check_same(load_safetensors(at("a")).at("x"), ones({3}));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_is_not_committed_was_never_there, Folder) {
  write(at("a"), "old");
  fs::permissions(at("a"), fs::perms::owner_read | fs::perms::owner_write);
  {
    AtomicFile file(at("a"));
    file.write("new", 3);
    BOOST_TEST(read(at("a")) == "old");
    BOOST_TEST(files() == 2u);
  }
  BOOST_TEST(files() == 1u);
  BOOST_TEST(read(at("a")) == "old");
  fs::create_symlink(at("a"), at("link"));
  {
    AtomicFile file(at("link"));
    file.write("new", 3);
    file.commit();
  }
  BOOST_TEST(read(at("a")) == "new");  // through the link, which stays
  BOOST_TEST(fs::is_symlink(at("link")));
  BOOST_TEST((fs::status(at("a")).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  BOOST_TEST(files() == 2u);
}

BOOST_AUTO_TEST_SUITE_END()
