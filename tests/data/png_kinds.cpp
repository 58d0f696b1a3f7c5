// Every kind of PNG, written by libpng from known samples: results are compared with values computed here from those
// samples.
#include <png.h>

#include <array>
#include <cmath>
#include <random>

#include "tests/data/support.h"

using namespace weft;
using namespace weft::data;

namespace {

constexpr int kWidth = 13, kHeight = 11;
constexpr double kNone = 0, kSrgb = -1;

struct Kind {
  int color, depth;
  bool transparent;  ///< a tRNS chunk
  double gamma;      ///< of the gAMA chunk; kNone; kSrgb: an sRGB chunk
  bool interlaced;
  int darkest, lightest;  ///< percentage of the range of its samples
};

std::string text_of(const Kind& k) {
  return "colour type " + std::to_string(k.color) + ", " + std::to_string(k.depth) + " bits, tRNS " +
         std::to_string(k.transparent) + ", gamma " + std::to_string(k.gamma) + ", interlaced " +
         std::to_string(k.interlaced) + ", from " + std::to_string(k.darkest) + " %";
}

/// The content of a file: samples in file order, and their interpretation.
struct Content {
  std::vector<uint16_t> samples;
  std::vector<png_color> palette;
  std::vector<png_byte> palette_opacity;
  png_color_16 clear{};
};

int channels_of(int color) {
  return color == PNG_COLOR_TYPE_RGB          ? 3
         : color == PNG_COLOR_TYPE_RGB_ALPHA  ? 4
         : color == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                              : 1;
}

Content content_of(const Kind& k) {
  std::mt19937 random(static_cast<unsigned>(k.color * 100 + k.depth));
  Content out;
  const int most = (1 << k.depth) - 1, channels = channels_of(k.color);
  auto level = [&](int range) {
    return static_cast<int>(
        std::lround(range * (k.darkest + (k.lightest - k.darkest) * (random() % 1001 / 1000.0)) / 100));
  };
  const bool has_alpha = (k.color & PNG_COLOR_MASK_ALPHA) != 0, is_palette = k.color == PNG_COLOR_TYPE_PALETTE;
  for (int i = 0; i < kWidth * kHeight * channels; ++i) {
    const bool plain = is_palette || (has_alpha && i % channels == channels - 1);
    out.samples.push_back(
        static_cast<uint16_t>(plain ? random() % static_cast<unsigned>(most + 1) : static_cast<unsigned>(level(most))));
  }
  for (int i = 0; is_palette && i <= most; ++i) {
    out.palette.push_back(
        {static_cast<png_byte>(level(255)), static_cast<png_byte>(level(255)), static_cast<png_byte>(level(255))});
    if (i <= most / 2) out.palette_opacity.push_back(static_cast<png_byte>(random() % 256));  // the others are opaque
  }
  const auto* first = out.samples.data();
  out.clear.gray = first[0], out.clear.red = first[0];
  if (channels == 3) out.clear.green = first[1], out.clear.blue = first[2];
  return out;
}

std::vector<png_byte> packed(const Content& content, int depth, int channels) {
  std::vector<png_byte> out;
  const int in_row = kWidth * channels;
  for (int y = 0; y < kHeight; ++y)
    for (int i = 0, bits = 0; i < in_row; ++i) {
      const uint16_t v = content.samples[static_cast<size_t>(y * in_row + i)];
      if (depth == 16) {
        out.push_back(static_cast<png_byte>(v >> 8)), out.push_back(static_cast<png_byte>(v & 255));
        continue;
      }
      if (bits == 0) out.push_back(0);
      bits += depth;
      out.back() = static_cast<png_byte>(out.back() | v << (8 - bits));
      if (bits == 8) bits = 0;
    }
  return out;
}

std::string file_of(const Kind& k, const Content& content) {
  std::string out;
  std::vector<png_byte> bytes = packed(content, k.depth, channels_of(k.color));
  png_structp png = png_create_write_struct(
      PNG_LIBPNG_VER_STRING, nullptr, [](png_structp, png_const_charp what) { throw std::runtime_error(what); },
      nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(
      png, &out,
      [](png_structp p, png_bytep data, size_t size) {
        static_cast<std::string*>(png_get_io_ptr(p))->append(reinterpret_cast<const char*>(data), size);
      },
      [](png_structp) {});
  png_set_IHDR(png, info, kWidth, kHeight, k.depth, k.color, k.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!content.palette.empty())
    png_set_PLTE(png, info, content.palette.data(), static_cast<int>(content.palette.size()));
  const bool by_index = k.color == PNG_COLOR_TYPE_PALETTE;
  if (k.transparent)
    png_set_tRNS(png, info, by_index ? content.palette_opacity.data() : nullptr,
                 by_index ? static_cast<int>(content.palette_opacity.size()) : 0, &content.clear);
  if (k.gamma == kSrgb) png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
  if (k.gamma > 0) png_set_gAMA(png, info, k.gamma);
  const png_color_16 background{0, 0, 0, 0, 0};
  if (k.transparent || (k.color & PNG_COLOR_MASK_ALPHA)) png_set_bKGD(png, info, &background);
  png_write_info(png, info);
  std::vector<png_bytep> rows;
  for (int y = 0; y < kHeight; ++y) rows.push_back(bytes.data() + static_cast<size_t>(y) * (bytes.size() / kHeight));
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return out;
}

/// Red, green, blue and opacity of one pixel, 0 to 255.
using Pixel = std::array<int, 4>;

Pixel pixel_of(const Kind& k, const Content& content, int at) {
  const int channels = channels_of(k.color), most = (1 << k.depth) - 1;
  const uint16_t* s = content.samples.data() + at * channels;
  auto byte = [&](int v) { return static_cast<int>(std::floor(v * 255.0 / most + 0.5)); };
  if (k.color == PNG_COLOR_TYPE_PALETTE) {
    const png_color c = content.palette[s[0]];
    return {c.red, c.green, c.blue,
            k.transparent && s[0] < content.palette_opacity.size() ? content.palette_opacity[s[0]] : 255};
  }
  if (channels <= 2) {
    const int opacity = channels == 2 ? byte(s[1]) : k.transparent && s[0] == content.clear.gray ? 0 : 255;
    return {byte(s[0]), byte(s[0]), byte(s[0]), opacity};
  }
  const bool is_clear =
      k.transparent && s[0] == content.clear.red && s[1] == content.clear.green && s[2] == content.clear.blue;
  return {byte(s[0]), byte(s[1]), byte(s[2]), channels == 4 ? byte(s[3]) : is_clear ? 0 : 255};
}

int gray(const Pixel& p) { return static_cast<int>(std::floor(0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2] + 0.5)); }

void check_kind(const Kind& k) {
  const Content content = content_of(k);
  const std::string file = file_of(k, content);
  const bool is_gray = !(k.color & PNG_COLOR_MASK_COLOR);
  std::vector<Pixel> pixels;
  double light = 0, opacity = 0;
  for (int i = 0; i < kWidth * kHeight; ++i) {
    pixels.push_back(pixel_of(k, content, i));
    light += gray(pixels.back()) * pixels.back()[3] / 255.0, opacity += pixels.back()[3] / 255.0;
  }
  const double ground = light > 127.5 * opacity ? 0 : 255;
  for (Pixel& p : pixels)
    for (int c = 0; c < 3; ++c)
      p[static_cast<size_t>(c)] =
          static_cast<int>(std::floor((p[static_cast<size_t>(c)] * p[3] + ground * (255 - p[3])) / 255 + 0.5));

  const Tensor same = decode_png(file, "t"), rgb = decode_png(file, "t", ImageReadMode::kRGB),
               one = decode_png(file, "t", ImageReadMode::kGray);
  BOOST_REQUIRE((same.sizes() == IntArrayRef({is_gray ? 1 : 3, kHeight, kWidth})));
  BOOST_REQUIRE((rgb.sizes() == IntArrayRef({3, kHeight, kWidth})));
  BOOST_REQUIRE((one.sizes() == IntArrayRef({1, kHeight, kWidth})));
  int wrong = 0;
  for (int i = 0; i < kWidth * kHeight; ++i) {
    const Pixel& p = pixels[static_cast<size_t>(i)];
    for (int c = 0; c < 3; ++c) {
      wrong += rgb.data_ptr<uint8_t>()[c * kWidth * kHeight + i] != p[static_cast<size_t>(c)];
      if (c < same.size(0)) wrong += same.data_ptr<uint8_t>()[c * kWidth * kHeight + i] != p[static_cast<size_t>(c)];
    }
    // The weights are rounded to 16 bits, so that a sum near a half may round either way.
    wrong += std::abs(one.data_ptr<uint8_t>()[i] - gray(p)) > (is_gray ? 0 : 1);
  }
  BOOST_TEST(wrong == 0, text_of(k) << ": " << wrong << " wrong values, ground " << ground);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(png_kinds)

BOOST_AUTO_TEST_CASE(every_kind_reads_as_stored) {
  constexpr int kGray = PNG_COLOR_TYPE_GRAY, kPalette = PNG_COLOR_TYPE_PALETTE;
  const std::pair<int, std::vector<int>> depths[] = {{kGray, {1, 2, 4, 8, 16}},
                                                     {kPalette, {1, 2, 4, 8}},
                                                     {PNG_COLOR_TYPE_RGB, {8, 16}},
                                                     {PNG_COLOR_TYPE_GRAY_ALPHA, {8, 16}},
                                                     {PNG_COLOR_TYPE_RGB_ALPHA, {8, 16}}};
  int kinds = 0;
  for (const auto& [color, bits] : depths)
    for (const int depth : bits)
      for (const bool transparent : {false, true})
        for (const double gamma : {kNone, kSrgb, 1 / 2.2, 1.0})
          for (const bool interlaced : {false, true})
            for (const auto& [darkest, lightest] : {std::pair(0, 100), {0, 40}, {60, 100}}) {
              if (transparent && (color & PNG_COLOR_MASK_ALPHA)) continue;
              check_kind({color, depth, transparent, gamma, interlaced, darkest, lightest});
              ++kinds;
            }
  BOOST_TEST(kinds == (11 * 2 + 4) * 4 * 2 * 3);
}

BOOST_AUTO_TEST_CASE(sixteen_bits_become_eight) {
  // 257 v reads as v, in files with and without gAMA; other values are rounded to the nearest.
  for (const double gamma : {kNone, kSrgb, 1.0}) {
    const Kind k{PNG_COLOR_TYPE_GRAY, 16, false, gamma, false, 0, 100};
    for (int first = 0; first < 256; first += kWidth * kHeight) {
      Content content;
      for (int i = 0; i < kWidth * kHeight; ++i)
        content.samples.push_back(static_cast<uint16_t>(std::min(first + i, 255) * 257));
      const Tensor read = decode_png(file_of(k, content), "t");
      for (int i = 0; i < kWidth * kHeight; ++i) BOOST_TEST(read.data_ptr<uint8_t>()[i] == std::min(first + i, 255));
    }
  }
}

BOOST_AUTO_TEST_CASE(ink_does_not_vanish) {
  // Ink of one colour, opaque on every third pixel; the ground is transparent, with any colour.
  for (const int ink : {0, 40, 127, 128, 200, 255})
    for (const int below : {0, 255}) {
      Content content;
      for (int i = 0; i < kWidth * kHeight; ++i) {
        content.samples.push_back(static_cast<uint16_t>(i % 3 ? below : ink));
        content.samples.push_back(i % 3 ? 0 : 255);
      }
      const Tensor read =
          decode_png(file_of({PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, kNone, false, 0, 100}, content), "t");
      BOOST_TEST(read.data_ptr<uint8_t>()[0] == ink);
      BOOST_TEST(read.data_ptr<uint8_t>()[1] == (ink > 127 ? 0 : 255));
    }
  Content nothing;
  nothing.samples.assign(2 * kWidth * kHeight, 0);
  const Tensor white = decode_png(file_of({PNG_COLOR_TYPE_GRAY_ALPHA, 8, false, kNone, false, 0, 100}, nothing), "t");
  BOOST_TEST(white.eq(255).all().item<bool>());
}

BOOST_AUTO_TEST_SUITE_END()
