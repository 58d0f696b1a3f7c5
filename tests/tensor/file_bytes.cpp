// Reading files into memory: complete reads, rejected files, known formats; and bytes in messages.
#include "weft/tensor/file_bytes.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>

#include "tests/temp_folder.h"
#include "weft/tensor/error.h"
#include "weft/tensor/printable.h"

using namespace weft;
using namespace std::string_literals;

namespace {

std::string refusal(const std::string& path) {
  try {
    read_whole("op", path);
  } catch (const IoError& e) {
    return e.what();
  }
  return "";
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(file_bytes, TempFolder)

BOOST_AUTO_TEST_CASE(files_and_pipes_are_read_whole) {
  for (const size_t size : {0, 1, 65536, 1'000'003}) {
    std::string content(size, 'x');
    for (size_t i = 0; i < size; ++i) content[i] = static_cast<char>(i * 7);
    std::ofstream(*this / "a", std::ios::binary) << content;
    BOOST_TEST(read_whole("op", *this / "a") == content);
    BOOST_TEST(first_bytes(*this / "a", 5) == content.substr(0, 5));
  }
  const std::string pipe = *this / "pipe";
  BOOST_REQUIRE(std::system(("mkfifo '" + pipe + "'").c_str()) == 0);
  BOOST_TEST(first_bytes(pipe, 5) == "");  // it does not wait
  BOOST_REQUIRE(std::system(("(seq 100000 > '" + pipe + "') &").c_str()) == 0);
  BOOST_TEST(read_whole("op", pipe).size() == 588895u);
}

BOOST_AUTO_TEST_CASE(what_never_ends_or_is_no_file_is_refused) {
  const std::string none = *this / "none";
  BOOST_TEST(refusal(none) == "[op] " + none + ": cannot be opened: No such file or directory");
  BOOST_TEST(refusal(path.string()) == "[op] " + path.string() + ": is a folder, not a file");
  for (const std::string device : {"/dev/zero", "/dev/null"})
    BOOST_TEST(refusal(device) == "[op] " + device + ": is a device, not a file");
  BOOST_TEST(first_bytes("/dev/zero", 5) == "");
  BOOST_TEST(first_bytes(path.string(), 5) == "");
}

BOOST_AUTO_TEST_CASE(formats_are_known_by_their_first_bytes) {
  const std::pair<std::string, const char*> rows[] = {
      {"\x89PNG\r\n\x1a\n", "a PNG image"},
      {"\xff\xd8\xff\xdb", "a JPEG image"},
      {"GIF89a", "a GIF image"},
      {"RIFF....WEBPVP8 ", "a WebP image"},
      {"BM\1\2\3\4\0\0\0\0"s, "a BMP image"},
      {"P2\n", "a PGM image"},
      {"P5 2 2 255 ", "a PGM image"},
      {"P6#", "a PPM image"},
      {"\x93NUMPY\1", "a NumPy array"},
      {"\x1f\x8b\x08", "a gzip file"},
      {"P5,P6\n", ""},
      {"BM,a,b,c,d\n", ""},
      {"label,x\n", ""},
      {"\0\0\x08\x03"s, ""},
      {"", ""},
  };
  for (const auto& [head, format] : rows) BOOST_TEST(known_format(head) == format);
}

BOOST_AUTO_TEST_CASE(bytes_in_messages) {
  const std::pair<std::string, const char*> rows[] = {
      {"plain ~", "plain ~"},
      {"B\xc3\xb6hme \xe2\x82\xac \xf0\x9f\x98\x80", "B\xc3\xb6hme \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"B\xf6hme", "B\\xf6hme"},
      {"\x1b[31m\x7f\0"s, "\\x1b[31m\\x7f\\x00"},
      {"\xc2\x9b", "\\xc2\\x9b"},                    // a control character
      {"\xc0\x80", "\\xc0\\x80"},                    // overlong
      {"\xe0\x80\x80", "\\xe0\\x80\\x80"},           // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // half of a pair
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
      {"\xe2\x82", "\\xe2\\x82"},                    // cut off
  };
  for (const auto& [text, shown] : rows) {
    BOOST_TEST(printable(text) == shown);
    BOOST_TEST(shortened(text) == shown);
    BOOST_TEST(printable(shown) == shown);
  }
  BOOST_TEST(printable("a\n\tb") == "a\n\tb");
  BOOST_TEST(shortened("a\n\tb") == "a\\x0a\\x09b");
  BOOST_TEST(shortened(std::string(41, 'x')) == std::string(40, 'x') + "...");
  BOOST_TEST(shortened("ab\xc3\xb6z", 3) == "ab\xc3\xb6...");
  BOOST_TEST(std::string(Error("[op] a: found \xff\1").what()) == "[op] a: found \\xff\\x01");
}

BOOST_AUTO_TEST_SUITE_END()
