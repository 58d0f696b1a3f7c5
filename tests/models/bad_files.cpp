// Invalid input to the command weft: files of other formats, truncated, empty, endless or locked ones, and numbers out
// of range. Each run ends soon, with exit code 2 and a message that names the file and the reason.
#include <boost/test/unit_test.hpp>

#include "tests/models/support.h"
#include "weft/autograd/functions.h"
#include "weft/data/png.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/safetensors.h"

using namespace weft;

namespace {

struct Desk : Folder {
  void put(const std::string& name, const std::string& content) const {
    std::ofstream(path / name, std::ios::binary) << content;
  }
  /// Runs a command with little memory and a time limit that ends a hang.
  Outcome limited(const std::string& command) const { return run(command, "ulimit -v 4000000; timeout 60 env"); }
  void refuses(const std::string& command, const std::vector<std::string>& parts) const {
    BOOST_TEST_CONTEXT(command) {
      const Outcome o = limited(command);
      BOOST_TEST(o.code == 2, o.text);
      for (const std::string& part : parts) BOOST_TEST(contains(o, part), part);
      BOOST_TEST(o.text.size() < 1000u, o.text);
      for (const unsigned char c : o.text) BOOST_TEST((c == '\n' || (c >= ' ' && c < 127)), o.text);
    }
  }
};

const std::string kTable = "weft train --net 'linear 2' --epochs 1 --batch 1 --out none --data-set ";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(bad_files, Desk)

BOOST_AUTO_TEST_CASE(other_formats_are_named) {
  put("photo.jpg", std::string("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1", 13));
  put("scan.pgm", "P5\n2 2\n255\n\x01\xff\x02\x03");
  put("a.npy", std::string("\x93NUMPY\1\0", 8));
  put("a.gif", "GIF89a........");
  const std::pair<const char*, const char*> files[] = {
      {"photo.jpg", "a JPEG image"}, {"scan.pgm", "a PGM image"}, {"a.npy", "a NumPy array"}, {"a.gif", "a GIF image"}};
  BOOST_TEST(run("weft train --net 'flatten | linear 10' --data-set 'digits 200 test 50' --epochs 1 --out a").code ==
             0);
  for (const auto& [file, format] : files) {
    refuses(fmt::format("weft show {}", file), {file, format});
    refuses(fmt::format("weft predict a {}", file), {file, format});
  }
  refuses("weft show mnist/t10k-labels-idx1-ubyte photo.jpg", {"photo.jpg", "a JPEG image"});
  refuses(kTable + "csv:photo.jpg", {"photo.jpg", "a JPEG image"});
  refuses("weft summary a.npy", {"a.npy", "a NumPy array"});
  refuses("weft eval photo.jpg", {"photo.jpg"});
}

BOOST_AUTO_TEST_CASE(folders_devices_pipes_and_locked_files) {
  put("empty", "");
  put("empty.csv", "");
  put("empty.png", "");
  BOOST_REQUIRE(std::system(("mkfifo '" + (path / "pipe").string() + "'").c_str()) == 0);
  BOOST_TEST(run("weft train --net 'flatten | linear 10' --data-set 'digits 200 test 50' --epochs 1 --out a").code ==
             0);
  for (const std::string what : {"mnist", "/dev/zero", "/dev/null"}) refuses(kTable + "csv:" + what, {what});
  for (const std::string what : {"/dev/zero", "./pipe", "./mnist", "./empty", "./empty.csv", "./empty.png"})
    refuses("weft show " + what, {what});
  for (const std::string what : {"/dev/zero", "./mnist", "empty", "empty.png"})
    refuses("weft predict a " + what, {what});
  for (const std::string what : {"/dev/zero", "pipe", "mnist", "empty"}) refuses("weft eval " + what, {what});
  for (const std::string what : {"/dev/zero", "./pipe", "mnist", "empty"}) refuses("weft summary " + what, {what});
  refuses(kTable + "csv:empty.csv", {"empty.csv: the file is empty"});
  refuses(kTable + "csv:", {"csv:FILE"});
  if (geteuid() != 0) {  // root may read everything
    put("locked.csv", "a,y\n1,0\n");
    fs::permissions(path / "locked.csv", fs::perms::none);
    refuses(kTable + "csv:locked.csv", {"locked.csv", "Permission denied"});
    refuses("weft show locked.csv", {"locked.csv", "Permission denied"});
  }
}

BOOST_AUTO_TEST_CASE(truncated_files) {
  BOOST_TEST(run("weft train --net 'flatten | linear 10' --data-set 'digits 200 test 50' --epochs 1 --out a").code ==
             0);
  data::write_png((path / "digit.png").string(), zeros({28, 28}, kUInt8));
  put("rows.csv", "a,b,y\n1,2,0\n3,4,1\n5,");
  for (const char* file : {"digit.png", "a/best.safetensors", "mnist/t10k-images-idx3-ubyte"})
    fs::resize_file(path / file, fs::file_size(path / file) / 2);
  refuses("weft show digit.png", {"digit.png", "truncated"});
  refuses("weft predict a/last.safetensors digit.png", {"digit.png", "truncated"});
  refuses("weft eval a/best.safetensors", {"best.safetensors"});
  refuses("weft show mnist/t10k-images-idx3-ubyte", {"t10k-images-idx3-ubyte", "truncated"});
  refuses(kTable + "csv:rows.csv", {"rows.csv:4", "expected 3 columns, found 2"});
}

BOOST_AUTO_TEST_CASE(a_small_file_of_a_huge_model_is_refused) {
  for (const char* text : {"input 100000 | linear 170000", "input 1 | repeat 4000 (linear 1)"}) {
    save_safetensors((path / "huge.st").string(), {}, {{"weft.model", text}, {"weft.language", "1"}});
    for (const std::string command : {"summary", "eval", "predict"})
      refuses("weft " + command + " huge.st" + (command == "predict" ? " mnist/t10k-images-idx3-ubyte" : ""),
              {"huge.st", "parameters"});
  }
}

BOOST_AUTO_TEST_CASE(two_classes_far_apart) {
  std::string rows = "x,y\n";
  for (int i = 0; i < 20; ++i) rows += fmt::format("{},{}\n", i % 2, i % 2 ? 9999 : 0);
  put("far.csv", rows);
  const Outcome o = limited("weft train --data-set csv:far.csv --net 'linear 10000' --epochs 40 --lr 0.1 --out far");
  BOOST_TEST(o.code == 0, o.text);
  BOOST_TEST(fs::file_size(path / "far/report.html") < 200'000u);
  const Outcome told = limited("weft eval far");
  BOOST_TEST(contains(told, "true \\ predicted  0  9999\n"));
  BOOST_TEST(told.text.size() < 2000u);
  BOOST_TEST(limited("weft show csv:far.csv").text.size() < 2000u);
}

BOOST_AUTO_TEST_CASE(tables_as_they_come) {
  std::string bare, european = "width;height;kind\n", measured = "x,price\n";
  for (int i = 0; i < 40; ++i) {
    bare += fmt::format("{},{},{}\n", i % 2, i % 7, i % 2 ? "odd" : "even");
    european += fmt::format("{};{};{}\n", i % 2, i % 7, i % 2 ? "odd" : "even");
    measured += fmt::format("{},{}.5\n", i, 100 * i);
  }
  put("bare.csv", bare), put("european.csv", european), put("measured.csv", measured);
  put("large.csv", "a,y\n1,0\n1e39,1\n");
  put("binary.csv", "a,y\n\xff\x1b[31m,0\n");
  const std::string train = "weft train --net 'linear 2' --scale standard --lr 0.1 --batch 8 --epochs 40 --data-set ";
  Outcome o = limited(train + "csv:bare.csv --out bare");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(contains(o, "note: "));
  BOOST_TEST(contains(o, "bare.csv: 40 rows of 2 numbers, no header"));
  BOOST_TEST(contains(limited("weft eval bare"), "accuracy 100.00 %"));
  BOOST_TEST(contains(limited("weft predict bare bare.csv --count 2"), "bare.csv:1"));
  o = limited(train + "csv:bare.csv --header none --target c3 --out told");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(!contains(o, "note: "));
  BOOST_TEST(contains(limited("weft eval told"), "accuracy 100.00 %"));
  o = limited(train + "csv:european.csv --out european");
  BOOST_TEST(o.code == 0);
  BOOST_TEST(contains(limited("weft show european.csv"), "  height: "));
  refuses(kTable + "csv:measured.csv", {"\"price\"", "regression target", "--target"});
  refuses(kTable + "csv:large.csv", {"large.csv:3", "1e39", "float32"});
  refuses(kTable + "csv:binary.csv", {"binary.csv:2", "\\xff\\x1b[31m"});
  refuses(kTable + "iris --header none", {"--header is for CSV files"});
}

BOOST_AUTO_TEST_CASE(numbers_beyond_their_range) {
  const std::string train = "weft train --net 'flatten | linear 10' --out none ";
  refuses(train + "--seed 99999999999999999999", {"--seed", "at most 18446744073709551615"});
  refuses(train + "--seed -1", {"--seed", "at least 0"});
  refuses(train + "--threads 99999999999", {"--threads", "at most"});
  refuses(train + "--threads 3x", {"--threads", "integer"});
  refuses(train + "--epochs 99999999999999999999", {"--epochs", "at most"});
  refuses("weft show mnist --first 99999999999999999999", {"--first", "at most"});
  put("file", "text");
  refuses("weft train --resume file", {"file: is a file, not the folder of a run"});
  refuses("weft train --resume --out file", {"file: is a file, not the folder of a run"});
  refuses("weft train --resume nowhere", {"nowhere: no such folder"});
  put("mnist/train-images-idx3-ubyte", std::string("\0\0\x08\x03\0\0\0\0\0\0\0\x1c\0\0\0\x1c", 16));
  put("mnist/train-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\0", 8));
  refuses(train + "--data .", {"train-images-idx3-ubyte", "contains no images"});
  refuses("weft show mnist/train-images-idx3-ubyte", {"train-images-idx3-ubyte", "contains no samples"});
}

BOOST_AUTO_TEST_CASE(what_is_shown_fits_the_terminal) {
  data::write_png((path / "wide.png").string(), full({400, 400}, 255).to(kUInt8));
  data::write_png((path / "color.png").string(), full({3, 50, 1000}, 255).to(kUInt8));
  std::string header = "label", row = "0";
  for (int i = 0; i < 300; ++i) header += fmt::format(",f{}", i), row += ",0.5";
  put("wide.csv", header + "\n" + row + "\n" + row + "\n");
  auto widest = [](const std::string& text) {
    size_t widest = 0, length = 0;
    for (const char c : text) {
      length = c == '\n' ? 0 : length + ((c & 0xC0) != 0x80);
      widest = std::max(widest, length);
    }
    return widest;
  };
  Outcome o = limited("weft show wide.png");
  BOOST_TEST(contains(o, "400 x 400 reduced to 80 x 80"));
  BOOST_TEST(std::count(o.text.begin(), o.text.end(), '\n') == 2 + 40);
  BOOST_TEST(widest(o.text) <= 81u);  // a space follows each picture
  o = limited("weft show color.png");
  BOOST_TEST(contains(o, "1000 x 50 reduced to 80 x 4"));
  BOOST_TEST(std::count(o.text.begin(), o.text.end(), '\n') == 2 + 2);
  o = limited("weft show wide.csv");
  BOOST_TEST(contains(o, "and 280 more columns"));
  BOOST_TEST(contains(o, "... (300 values)"));
  BOOST_TEST(widest(o.text) <= 80u);
  BOOST_TEST(widest(limited("weft show wide.csv --numbers --count 1").text) > 2000u);
}

BOOST_AUTO_TEST_SUITE_END()
