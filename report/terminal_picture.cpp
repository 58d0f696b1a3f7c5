#include "weft/report/terminal_picture.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "weft/data/image_bytes.h"

namespace weft::train {

std::string terminal_picture(const Tensor& image, bool color) {
  const Tensor bytes = data::image_bytes("terminal_picture", image);
  const int64_t height = bytes.size(1), width = bytes.size(2);
  const Tensor rgb = bytes.expand({3, height, width}).contiguous();
  const auto at = rgb.accessor<uint8_t, 3>();
  auto bright = [&](int64_t y, int64_t x) {
    return y < height && at[0][y][x] * 299 + at[1][y][x] * 587 + at[2][y][x] * 114 > 127 * 1000;
  };
  std::string out;
  for (int64_t y = 0; y < height; y += 2) {
    for (int64_t x = 0; x < width; ++x) {
      if (!color) {
        constexpr const char* kBlocks[] = {" ", "▀", "▄", "█"};
        out += kBlocks[bright(y, x) + 2 * bright(y + 1, x)];
        continue;
      }
      out += fmt::format("\033[38;2;{};{};{}m", at[0][y][x], at[1][y][x], at[2][y][x]);
      if (y + 1 < height) out += fmt::format("\033[48;2;{};{};{}m", at[0][y + 1][x], at[1][y + 1][x], at[2][y + 1][x]);
      out += "▀";
    }
    out += color ? "\033[0m\n" : "\n";
  }
  return out;
}

std::string terminal_picture(const Tensor& image) {
  const char* no_color = std::getenv("NO_COLOR");
  return terminal_picture(image, isatty(STDOUT_FILENO) == 1 && (!no_color || !*no_color));
}

}  // namespace weft::train
