#include "weft/data/png.h"

#include <png.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "weft/data/image_bytes.h"
#include "weft/tensor/atomic_file.h"
#include "weft/tensor/creation.h"

namespace weft::data {
namespace {

constexpr int64_t kMostPixels = int64_t{1} << 28;

// libpng's png_image interface keeps its state in one struct, and its errors as text in it.
struct Png {
  Png() { image.version = PNG_IMAGE_VERSION; }
  ~Png() { png_image_free(&image); }
  Png(const Png&) = delete;
  png_image image{};
};

}  // namespace

Tensor decode_png(std::string_view bytes, const std::string& name, ImageReadMode mode) {
  Png png;
  auto& image = png.image;
  check<IoError>(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) != 0,
                 "[read_png] {}: is no PNG image: {}", name, image.message);
  check<IoError>(int64_t{image.width} * image.height <= kMostPixels, "[read_png] {}: {} x {} pixels are too many", name,
                 image.width, image.height);
  const bool gray =
      mode == ImageReadMode::kGray || (mode == ImageReadMode::kUnchanged && !(image.format & PNG_FORMAT_FLAG_COLOR));
  image.format = gray ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  const int64_t height = image.height, width = image.width, channels = gray ? 1 : 3;
  Tensor pixels = empty({height, width, channels}, kUInt8);
  const png_color white{255, 255, 255};
  const bool read = png_image_finish_read(&image, &white, pixels.data_ptr<uint8_t>(), 0, nullptr) != 0;
  // A warning is all that libpng says of some damage after which it goes on.
  check<IoError>(read && image.warning_or_error == 0, "[read_png] {}: is corrupt or truncated: {}", name,
                 image.message);
  return pixels.permute({2, 0, 1}).contiguous();
}

Tensor read_png(const std::string& path, ImageReadMode mode) {
  std::error_code error;
  check<IoError>(!std::filesystem::is_directory(path, error), "[read_png] {}: is a folder, not a file", path);
  std::ifstream file(path, std::ios::binary);
  check<IoError>(file.good(), "[read_png] {}: cannot be opened: {}", path, std::strerror(errno));
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  check<IoError>(!file.bad(), "[read_png] {}: cannot be read: {}", path, std::strerror(errno));
  return decode_png(bytes, path, mode);
}

std::string encode_png(const Tensor& image) {
  const Tensor bytes = image_bytes("write_png", image);
  check<ShapeError>(bytes.numel() <= 3 * kMostPixels, "[write_png] an image of {} is too large", image.sizes());
  const Tensor pixels = bytes.permute({1, 2, 0}).contiguous();
  Png png;
  png.image.height = static_cast<png_uint_32>(pixels.size(0));
  png.image.width = static_cast<png_uint_32>(pixels.size(1));
  png.image.format = pixels.size(2) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  // The largest size that may come out; asking for the true one would compress twice.
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
