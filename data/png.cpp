#include "weft/data/png.h"

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>
#include <vector>

#include "weft/data/image_bytes.h"
#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"
#include "weft/tensor/file_bytes.h"
#include "weft/tensor/printable.h"

namespace weft::data {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 28;

// Reads one file. libpng leaves its functions by longjmp, so they are called from functions that own nothing.
class PngReader {
 public:
  PngReader(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_) info_ = png_create_info_struct(png_);
    check<IoError>(info_ != nullptr, "[read_png] {}: libpng does not start", name);
    png_set_read_fn(png_, this, give);
    // Chunks of colour spaces and texts are skipped: values are used as stored.
    png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;

  /// Reads everything before the pixels.
  void begin() {
    check<IoError>(rest_.starts_with("\x89PNG\r\n\x1a\n"), "[read_png] {}: not a PNG image: {}", name_, found());
    check<IoError>(begin_calls(), "[read_png] {}: is corrupt or truncated: {}", name_, message_);
    height = png_get_image_height(png_, info_), width = png_get_image_width(png_, info_);
    channels = png_get_channels(png_, info_);
    check<IoError>(height * width <= kMostPixels, "[read_png] {}: {} x {} pixels are too many", name_, width, height);
    check<IoError>(packed_bytes_ <= static_cast<double>(rest_.size()) * kMostRatio,
                   "[read_png] {}: is corrupt or truncated: {} x {} pixels cannot be in {} bytes", name_, width, height,
                   rest_.size());
  }
  /// The pixels as bytes, [height, width, channels].
  Tensor pixels() {
    Tensor out = empty({height, width, channels}, kUInt8);
    for (int64_t y = 0; y < height; ++y) rows_.push_back(out.data_ptr<uint8_t>() + y * width * channels);
    check<IoError>(pixel_calls() && message_[0] == '\0', "[read_png] {}: is corrupt or truncated: {}", name_, message_);
    return out;
  }
  int64_t height = 0, width = 0, channels = 0;  ///< 1 to 4: gray, gray and opacity, RGB, RGB and opacity

 private:
  static constexpr double kMostRatio = 1032;  // deflate packs at most this many bytes into one

  bool begin_calls() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_info(png_, info_);
    packed_bytes_ = static_cast<double>(png_get_rowbytes(png_, info_)) * png_get_image_height(png_, info_);
    png_set_expand(png_);    // palettes, 1, 2 and 4 bits, and the one transparent colour of a tRNS chunk
    png_set_scale_16(png_);  // rounds, whereas png_set_strip_16 truncates
    png_set_interlace_handling(png_);
    png_read_update_info(png_, info_);
    return true;
  }
  bool pixel_calls() {
    if (setjmp(png_jmpbuf(png_))) return false;
    png_read_image(png_, rows_.data());
    png_read_end(png_, nullptr);
    return true;
  }

  static PngReader& of(png_structp png) { return *static_cast<PngReader*>(png_get_error_ptr(png)); }
  void say(const char* what) { std::strncpy(message_, what, sizeof message_ - 1); }
  [[noreturn]] static void on_error(png_structp png, png_const_charp what) {
    of(png).say(what);
    png_longjmp(png, 1);
  }
  // libpng reports some damage only by a warning and continues.
  static void on_warning(png_structp png, png_const_charp what) { of(png).say(what); }
  static void give(png_structp png, png_bytep to, size_t count) {
    std::string_view& rest = of(png).rest_;
    if (rest.size() < count) png_error(png, "it ends too early");
    std::memcpy(to, rest.data(), count);
    rest.remove_prefix(count);
  }
  std::string found() const {
    const std::string_view format = known_format(rest_);
    if (!format.empty()) return fmt::format("it is {}", format);
    return rest_.empty() ? "it is empty" : fmt::format("it begins with \"{}\"", shortened(rest_, 8));
  }

  std::string_view rest_;
  const std::string& name_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::vector<png_bytep> rows_;
  double packed_bytes_ = 0;
  char message_[128] = {};
};

// The luminance of ITU-R 601, computed as in PIL and torchvision.
int luminance(const uint8_t* rgb) { return (19595 * rgb[0] + 38470 * rgb[1] + 7471 * rgb[2] + 32768) >> 16; }

// Composites transparent pixels on white, or on black if the visible pixels are brighter than the middle on average:
// ink of either colour stays readable.
Tensor without_opacity(const Tensor& pixels) {
  const int64_t height = pixels.size(0), width = pixels.size(1), colors = pixels.size(2) - 1;
  const auto* from = pixels.data_ptr<uint8_t>();
  uint64_t light = 0, opacity = 0;
  for (const uint8_t *p = from, *end = from + pixels.numel(); p != end; p += colors + 1) {
    light += p[colors] * static_cast<uint64_t>(colors == 1 ? p[0] : luminance(p));
    opacity += p[colors];
  }
  const int ground = 2 * light > 255 * opacity ? 0 : 255;
  Tensor out = empty({height, width, colors}, kUInt8);
  auto* to = out.data_ptr<uint8_t>();
  for (const uint8_t *p = from, *end = from + pixels.numel(); p != end; p += colors + 1)
    for (int64_t c = 0; c < colors; ++c)
      *to++ = static_cast<uint8_t>((p[c] * p[colors] + ground * (255 - p[colors]) + 127) / 255);
  return out;
}

Tensor gray_of(const Tensor& pixels) {
  Tensor out = empty({pixels.size(0), pixels.size(1), 1}, kUInt8);
  const auto* from = pixels.data_ptr<uint8_t>();
  for (int64_t i = 0; i < out.numel(); ++i) out.data_ptr<uint8_t>()[i] = static_cast<uint8_t>(luminance(from + 3 * i));
  return out;
}

// libpng's png_image interface stores its state and its error texts in one struct.
struct Png {
  Png() { image.version = PNG_IMAGE_VERSION; }
  ~Png() { png_image_free(&image); }
  Png(const Png&) = delete;
  png_image image{};
};

}  // namespace

Tensor decode_png(std::string_view bytes, const std::string& name, ImageReadMode mode) {
  PngReader reader(bytes, name);
  reader.begin();
  Tensor pixels = reader.pixels();
  if (reader.channels % 2 == 0) pixels = without_opacity(pixels);
  const bool colored = pixels.size(2) == 3;
  if (colored && mode == ImageReadMode::kGray) pixels = gray_of(pixels);
  if (!colored && mode == ImageReadMode::kRGB) pixels = pixels.expand({reader.height, reader.width, 3});
  return pixels.permute({2, 0, 1}).contiguous();
}

Tensor read_png(const std::string& path, ImageReadMode mode) {
  return decode_png(read_whole("read_png", path), path, mode);
}

std::string encode_png(const Tensor& image) {
  const Tensor bytes = image_bytes("write_png", image);
  check<ShapeError>(bytes.numel() <= 3 * kMostPixels, "[write_png] an image of {} is too large", image.sizes());
  const Tensor pixels = bytes.permute({1, 2, 0}).contiguous();
  Png png;
  png.image.height = static_cast<png_uint_32>(pixels.size(0));
  png.image.width = static_cast<png_uint_32>(pixels.size(1));
  png.image.format = pixels.size(2) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  // The largest possible output size; a query of the exact size would compress twice.
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png.image);
  std::string out(size, '\0');
  const bool written =
      png_image_write_to_memory(&png.image, out.data(), &size, 0, pixels.data_ptr<uint8_t>(), 0, nullptr) != 0;
  check<IoError>(written, "[write_png] {} cannot be encoded: {}", image.sizes(), png.image.message);
  out.resize(size);
  return out;
}

void write_png(const std::string& path, const Tensor& image) { write_whole(path, encode_png(image)); }

}  // namespace weft::data
