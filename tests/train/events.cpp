// Event files, read back by a reader of the tests' own.
#include <cstring>
#include <filesystem>

#include "tests/io/support.h"
#include "weft/data/png.h"
#include "weft/io/protobuf.h"
#include "weft/train/event_writer.h"

using namespace weft;
using namespace weft::test;
using io::detail::ProtoReader;

BOOST_AUTO_TEST_SUITE(events)

namespace {

/// The checksum by its definition, a bit at a time.
uint32_t plain_crc(const std::string& bytes) {
  uint32_t crc = 0xffffffff;
  for (const char c : bytes)
    for (int bit = 0; bit < 8; ++bit) {
      const uint32_t low = (crc ^ (static_cast<uint8_t>(c) >> bit)) & 1;
      crc = (crc >> 1) ^ (low ? 0x82f63b78 : 0);
    }
  return ~crc;
}
uint32_t plain_masked(const std::string& bytes) {
  const uint32_t crc = plain_crc(bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

/// The events of a file, after all checksums were compared.
std::vector<std::string> events_in(const std::string& path) {
  const std::string bytes = bytes_of(path);
  std::vector<std::string> out;
  const auto word = [&](size_t at) {
    uint32_t v = 0;
    std::memcpy(&v, bytes.data() + at, 4);
    return v;
  };
  for (size_t at = 0; at < bytes.size();) {
    BOOST_REQUIRE(bytes.size() - at >= 16);
    const size_t length = word(at);
    BOOST_TEST(word(at + 4) == 0u);
    BOOST_TEST(word(at + 8) == plain_masked(bytes.substr(at, 8)));
    BOOST_REQUIRE(bytes.size() - at >= 16 + length);
    out.push_back(bytes.substr(at + 12, length));
    BOOST_TEST(word(at + 12 + length) == plain_masked(out.back()));
    at += 16 + length;
  }
  return out;
}

/// The fields of a message below a path of field numbers.
std::string below(std::string message, const std::vector<uint32_t>& path) {
  for (const uint32_t field : path) {
    std::string inner;
    for (ProtoReader m(message, "[test]"); m.next();)
      if (m.field() == field) inner = m.text();
    message = inner;
  }
  return message;
}

}  // namespace

BOOST_AUTO_TEST_CASE(checksum) {
  BOOST_TEST(train::crc32c("123456789") == 0xe3069283u);
  BOOST_TEST(train::crc32c("") == 0u);
  BOOST_TEST(train::crc32c(std::string(32, '\0')) == 0x8a9136aau);
}

BOOST_AUTO_TEST_CASE(records) {
  TempFolder folder;
  train::EventWriter writer(folder / "run");
  BOOST_TEST(std::filesystem::path(writer.path()).filename().string().starts_with("events.out.tfevents."));
  writer.add_scalar("loss", 0.5, 3);
  writer.add_histogram("weights", tensor({-1.0, 0.0, 0.25, 3.0, HUGE_VAL}), 4, 4);
  const Tensor image = (rand({3, 4, 5}) * 255).to(kUInt8);
  writer.add_image("picture", image, 5);
  writer.add_text("note", "*hello*", 6);
  const std::vector<std::string> events = events_in(writer.path());
  BOOST_REQUIRE(events.size() == 5u);
  BOOST_TEST(below(events[0], {3}) == "brain.Event:2");
  for (size_t i = 1; i < events.size(); ++i)
    for (ProtoReader m(events[i], "[test]"); m.next();)
      if (m.field() == 2) BOOST_TEST(m.integer() == static_cast<int64_t>(i) + 2);
  BOOST_TEST(below(events[1], {5, 1, 1}) == "loss");
  const std::string scalar = below(events[1], {5, 1});
  for (ProtoReader m(scalar, "[test]"); m.next();)
    if (m.field() == 2) BOOST_TEST(m.real() == 0.5f);
  std::vector<double> least, limits, counts;
  const std::string histogram = below(events[2], {5, 1, 5});
  for (ProtoReader m(histogram, "[test]"); m.next();) {
    if (m.field() == 1) m.append_to(least);
    if (m.field() == 6) m.append_to(limits);
    if (m.field() == 7) m.append_to(counts);
  }
  BOOST_TEST(least == std::vector<double>{-1}, boost::test_tools::per_element());
  BOOST_TEST(limits == (std::vector<double>{0, 1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(counts == (std::vector<double>{1, 2, 0, 1}), boost::test_tools::per_element());
  BOOST_TEST(same(data::decode_png(below(events[3], {5, 1, 4, 4}), "png"), image));
  BOOST_TEST(below(events[4], {5, 1, 8, 8}) == "*hello*");
  BOOST_TEST(below(events[4], {5, 1, 9, 1, 1}) == "text");
}

BOOST_AUTO_TEST_CASE(errors) {
  TempFolder folder;
  train::EventWriter writer(folder / "run");
  message_of<ValueError>([&] { writer.add_scalar("", 1, 1); });
  message_of<ValueError>([&] { writer.add_histogram("h", tensor({HUGE_VAL}), 1); });
  message_of<ShapeError>([&] { writer.add_image("i", zeros({2, 3, 4}), 1); });
  write_bytes(folder / "file", "x");
  BOOST_TEST(contains(message_of([&] { train::EventWriter(folder / "file"); }), "file"));
}

BOOST_AUTO_TEST_SUITE_END()
