// PNG: written files read back, other kinds of PNG become gray or colours, and errors name broken files.
#include "weft/data/png.h"

#include <png.h>

#include "tests/data/support.h"

using namespace weft;
using namespace weft::data;

namespace {

Tensor picture(int64_t channels, int64_t height, int64_t width) {
  Tensor t = empty({channels, height, width}, kUInt8);
  for (int64_t i = 0; i < t.numel(); ++i) t.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(i * 37 + i / 7);
  return t;
}

// A PNG of any of libpng's formats, straight from libpng.
std::string png_of(png_uint_32 format, png_uint_32 width, png_uint_32 height, const void* pixels,
                   const void* colormap = nullptr, png_uint_32 colors = 0) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = width, image.height = height, image.format = format, image.colormap_entries = colors;
  png_alloc_size_t size = 4096;
  std::string out(size, '\0');
  BOOST_REQUIRE(png_image_write_to_memory(&image, out.data(), &size, 0, pixels, 0, colormap));
  out.resize(size);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(png)

BOOST_AUTO_TEST_CASE(written_images_read_back) {
  TempFolder dir;
  for (int64_t channels : {1, 3})
    for (auto [h, w] : {std::pair<int64_t, int64_t>{1, 1}, {28, 28}, {5, 300}}) {
      const Tensor image = picture(channels, h, w);
      write_png(dir / "a.png", image);
      BOOST_TEST(read_png(dir / "a.png").equal(image));
      BOOST_TEST(decode_png(encode_png(image.permute({0, 2, 1})), "t").equal(image.permute({0, 2, 1})));
    }
  BOOST_TEST(read_bytes(dir / "a.png").substr(0, 4) == "\x89PNG");
  const Tensor gray = picture(1, 6, 4);
  BOOST_TEST(decode_png(encode_png(gray[0]), "t").equal(gray));
  BOOST_TEST(decode_png(encode_png(gray), "t", ImageReadMode::kRGB).equal(gray.expand({3, 6, 4})));
}

BOOST_AUTO_TEST_CASE(floats_are_0_to_1) {
  const Tensor back = decode_png(encode_png(tensor({{-1., 0., 0.5}, {1., 2., 0.1}})), "t");
  BOOST_TEST(values<uint8_t>(back) == (std::vector<uint8_t>{0, 0, 128, 255, 255, 26}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(other_kinds_of_png) {
  const uint8_t colors[] = {255, 0, 0, 0, 255, 0, 0, 0, 255}, indices[] = {2, 0, 1, 1};
  const Tensor palette = decode_png(png_of(PNG_FORMAT_RGB_COLORMAP, 2, 2, indices, colors, 3), "t");
  BOOST_TEST(values<uint8_t>(palette) == (std::vector<uint8_t>{0, 255, 0, 0, 0, 0, 255, 255, 255, 0, 0, 0}),
             boost::test_tools::per_element());
  const uint8_t clear[] = {0, 0, 0, 255, 100, 0};  // black and transparent, black, and a gray that is transparent
  const Tensor over_white = decode_png(png_of(PNG_FORMAT_GA, 3, 1, clear), "t");
  BOOST_TEST(values<uint8_t>(over_white) == (std::vector<uint8_t>{255, 0, 255}), boost::test_tools::per_element());
  const uint16_t deep[] = {0, 65535};
  BOOST_TEST(
      values<uint8_t>(decode_png(png_of(PNG_FORMAT_LINEAR_Y, 2, 1, deep), "t")) == (std::vector<uint8_t>{0, 255}),
      boost::test_tools::per_element());
  const Tensor luminance = decode_png(encode_png(picture(3, 4, 4)), "t", ImageReadMode::kGray);
  BOOST_TEST((luminance.sizes() == IntArrayRef({1, 4, 4})));
}

BOOST_AUTO_TEST_CASE(broken_files_are_named) {
  TempFolder dir;
  const std::string path = dir / "a.png", good = encode_png(picture(3, 40, 40));
  check_throws<IoError>([&] { read_png(path); }, {path, "No such file"});
  check_throws<IoError>([&] { read_png(dir.path.string()); }, {dir.path.string(), "folder"});
  auto bad = [&](const std::string& bytes, const std::string& part) {
    write_bytes(path, bytes);
    check_throws<IoError>([&] { read_png(path); }, {path, part});
  };
  bad("", "not a PNG image: it is empty");
  bad("GIF89a, a picture of another kind", "not a PNG image: it is a GIF image");
  bad("\xff\xd8\xff\xe0 and more", "not a PNG image: it is a JPEG image");
  bad("P5\n2 2\n255\n....", "not a PNG image: it is a PGM image");
  bad("\x01\xfftext", "not a PNG image: it begins with \"\\x01\\xfftext\"");
  bad(good.substr(0, 20), "corrupt or truncated");
  bad(good.substr(0, good.size() - 12), "corrupt or truncated");  // without its end
  std::string large = encode_png(picture(1, 1, 1));
  large.replace(16, 8, std::string("\0\0\x20\0\0\0\x20\0", 8));  // 8192 x 8192 pixels, by a header without checksum
  bad(large, "corrupt or truncated");
  bad(good.substr(0, good.size() / 2), "corrupt or truncated");
  std::string flipped = good;
  flipped[good.size() / 2] = static_cast<char>(flipped[good.size() / 2] ^ 0x5a);
  bad(flipped, "corrupt or truncated");
}

BOOST_AUTO_TEST_CASE(what_is_no_image) {
  TempFolder dir;
  BOOST_CHECK_THROW(encode_png(zeros({2, 4, 4}, kUInt8)), ShapeError);
  BOOST_CHECK_THROW(encode_png(zeros({4}, kUInt8)), ShapeError);
  BOOST_CHECK_THROW(encode_png(zeros({0, 4}, kUInt8)), ShapeError);
  BOOST_CHECK_THROW(encode_png(zeros({4, 4}, kInt64)), DtypeError);
  BOOST_CHECK_THROW(write_png(dir / "nowhere/a.png", zeros({4, 4}, kUInt8)), IoError);
  BOOST_TEST(!std::filesystem::exists(dir / "nowhere"));
}

BOOST_AUTO_TEST_SUITE_END()
