// Runs weft show like a user.
#include <boost/test/unit_test.hpp>

#include "tests/models/support.h"
#include "weft/autograd/functions.h"
#include "weft/data/png.h"
#include "weft/tensor/creation.h"

using namespace weft;

BOOST_FIXTURE_TEST_SUITE(show, Folder)

BOOST_AUTO_TEST_CASE(shows_data) {
  Outcome o = run("weft show mnist --count 2");
  for (const char* part : {"train images: uint8 [1280, 28, 28], 0 to 255", "128", "█"})
    BOOST_TEST(contains(o, part), part);
  BOOST_TEST(contains(run("weft show mnist/t10k-labels-idx1-ubyte --count 1"), "uint8 [200]"));
  BOOST_TEST(contains(run("weft show mnist/t10k-labels-idx1-ubyte --count 1 --one-hot"), "0   0"));
  BOOST_TEST(contains(run("weft show mnist/t10k-images-idx3-ubyte --scale 'range -1 1' --count 2"),
                      "scaled: float32 [2, 1, 28, 28], -1 to 1"));
  o = run("weft show 'digits 30 test 5' --numbers --count 1");
  BOOST_TEST(std::count(o.text.begin(), o.text.end(), '\n') > 28);
  BOOST_TEST(run("weft show mnist --augment 'shift 3' --count 4 --out sheet.png").code == 0);
  BOOST_TEST(data::read_png((path / "sheet.png").string()).size(0) == 3);
  BOOST_TEST(contains(run("weft show sheet.png"), "uint8 [3,"));
  const std::string sheet = read(path / "sheet.png");
  o = run("weft show mnist --count 400 --out sheet.png", "ulimit -f 16; ");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "'sheet.png': cannot write: File too large"));
  BOOST_TEST(read(path / "sheet.png") == sheet);
  BOOST_TEST(contains(run("weft show iris"), "petal"));
  BOOST_TEST(contains(run("weft show iris --scale unit --count 1"), "0.2222  0.6250  0.0678  0.0417"));
  fs::resize_file(path / "mnist/t10k-images-idx3-ubyte", 5000);
  o = run("weft show mnist/t10k-images-idx3-ubyte");
  BOOST_TEST(o.code == 2);
  BOOST_TEST(contains(o, "t10k-images-idx3-ubyte"));
}

BOOST_AUTO_TEST_CASE(shows_scaled_pictures) {
  Tensor steps = zeros({2, 4, 4}, kUInt8);
  steps[0].fill_(51), steps[1].fill_(204);
  data::write_idx((path / "steps").string(), steps);
  auto sheet_of = [&](const std::string& options) {
    const Outcome o = run("weft show steps --out sheet.png " + options);
    BOOST_TEST(o.code == 0, o.text);
    const Tensor sheet = data::read_png((path / "sheet.png").string()).to(kInt32);
    // The centres of both pictures: 8 pixels wide after a gap of 4.
    return std::pair(o.text, std::pair(sheet[0][8][8].item<int64_t>(), sheet[0][8][20].item<int64_t>()));
  };
  BOOST_TEST((sheet_of("").second == std::pair<int64_t, int64_t>(51, 204)));
  for (const auto& [scale, line] :
       {std::pair("'range -1 1'", "black is -0.6, white is 0.6"), std::pair("standard", "black is -1, white is 1"),
        std::pair("raw", "black is 51, white is 204")}) {
    const auto [text, seen] = sheet_of(std::string("--scale ") + scale);
    BOOST_TEST(text.find(line) != std::string::npos, text);
    BOOST_TEST((seen == std::pair<int64_t, int64_t>(0, 255)));
  }
  BOOST_TEST(contains(run("weft show steps --scale standard"), "████"));
  BOOST_TEST(contains(run("weft show steps --scale standard --augment 'shift 1'"), "pictures: black is"));
  // The scale is the training part's, whatever is shown: a black pixel has the same value in both.
  auto black = [&](const std::string& part) {
    const std::string text = run("weft show mnist --flat --scale standard --count 1 --part " + part).text;
    const size_t line = text.find("\n0: ") + 1;
    return text.substr(text.find('\n', line) + 1, 7);
  };
  BOOST_TEST(black("train") == black("test"));
}

BOOST_AUTO_TEST_CASE(shows_images_with_their_labels) {
  const std::string images = " mnist/t10k-images-idx3-ubyte", labels = " mnist/t10k-labels-idx1-ubyte";
  const Tensor ids = data::read_idx((path / labels.substr(1)).string()).to(kInt64);
  for (const std::string& files : {images + labels, labels + images}) {
    const Outcome o = run("weft show --count 2" + files);
    BOOST_TEST(o.code == 0);
    for (const std::string& part : {std::string("uint8 [200, 28, 28]"), std::string("uint8 [200]"), std::string("█"),
                                    fmt::format("\n{:<28} {:<28} \n", ids[0].item<int64_t>(), ids[1].item<int64_t>())})
      BOOST_TEST(contains(o, part), part);
  }
  const Outcome o = run("weft show --count 1 --one-hot --classes 12" + images + labels);
  const std::string row = o.text.substr(o.text.find("\n0: ") + 4);
  BOOST_TEST(row.size() == 48u, row);  // twelve values of three columns with separators
  data::write_idx((path / "few").string(), zeros({199}, kUInt8));
  const std::pair<std::string, std::string> wrong[] = {
      {images + " few", "mnist/t10k-images-idx3-ubyte contains 200 images, few 199 labels"},
      {images + images, "are images and their labels"},
      {images + labels + " few", "At Most 2"},
      {images + " none", "none"},
      {images + " --classes 10", "contains none"},
      {labels + " --classes 9", "label 9 is not below --classes 9"},
      {" iris --classes 3", "--classes is for IDX files of labels"},
      {labels + " --out sheet.png", "contains no images"},
  };
  for (const auto& [what, part] : wrong) BOOST_TEST_CONTEXT(what) {
      const Outcome told = run("weft show" + what);
      BOOST_TEST(told.code == 2);
      BOOST_TEST(contains(told, part));
    }
}

BOOST_AUTO_TEST_SUITE_END()
