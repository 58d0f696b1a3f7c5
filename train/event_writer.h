// TensorBoard's event files.
#pragma once

#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "weft/tensor/tensor.h"

namespace weft::train {

/// Writes an event file that TensorBoard shows while it grows:
///
///     train::EventWriter events("runs/a");
///     events.add_scalar("loss/train", loss, step);
///
/// Each call appends one record and flushes it. Throws IoError with the file if it cannot be written, ValueError for an
/// empty tag.
class EventWriter {
 public:
  /// Creates the folder, and in it a new file events.out.tfevents.SECONDS.HOST.PROCESS.NUMBER.
  explicit EventWriter(const std::string& folder);

  void add_scalar(std::string_view tag, double value, int64_t step);
  /// The distribution of a tensor's elements, of any dtype, in `bins` (1 to 10000) equal intervals from the least to
  /// the largest; elements that are not finite are left out. Throws ValueError for a tensor without finite elements.
  void add_histogram(std::string_view tag, const Tensor& values, int64_t step, int64_t bins = 64);
  /// [H, W], [1, H, W] or [3, H, W], uint8 or floats from 0 to 1, as data::encode_png. Throws ShapeError, DtypeError.
  void add_image(std::string_view tag, const Tensor& image, int64_t step);
  /// Text, which TensorBoard reads as Markdown.
  void add_text(std::string_view tag, std::string_view text, int64_t step);
  const std::string& path() const { return path_; }

 private:
  void append(const std::string& event);
  std::string path_;
  std::ofstream file_;
};

/// CRC-32C (Castagnoli) of bytes: crc32c("123456789") is 0xe3069283.
uint32_t crc32c(std::string_view bytes);

}  // namespace weft::train
