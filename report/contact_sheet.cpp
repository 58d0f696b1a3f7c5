#include "weft/report/contact_sheet.h"

#include <algorithm>
#include <cmath>

#include "weft/data/image_bytes.h"
#include "weft/report/canvas.h"
#include "weft/report/font.h"

namespace weft::train {

Tensor contact_sheet(const Tensor& images, const ContactSheetOptions& o) {
  check<ShapeError>((images.dim() == 3 || images.dim() == 4) && images.numel() > 0,
                    "[contact_sheet] images are [N, H, W], [N, 1, H, W] or [N, 3, H, W], not {}", images.sizes());
  const int64_t count = images.size(0), width = images.size(-1) * o.scale, height = images.size(-2) * o.scale;
  check<ValueError>(o.scale >= 1 && o.gap >= 0 && o.columns >= 0, "[contact_sheet] scale {}, gap {}, {} columns",
                    o.scale, o.gap, o.columns);
  check<ValueError>(o.labels.empty() || static_cast<int64_t>(o.labels.size()) == count,
                    "[contact_sheet] {} labels for {} images", o.labels.size(), count);
  int64_t cell = width;
  for (const std::string& label : o.labels) cell = std::max(cell, text_length(label) * kGlyphWidth);
  const int64_t label_height = o.labels.empty() ? 0 : kGlyphHeight;
  const double ratio = 2.0 * static_cast<double>(height + label_height + o.gap) / static_cast<double>(cell + o.gap);
  const auto fitting = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count) * ratio)));
  const int64_t columns = std::clamp(o.columns ? o.columns : fitting, int64_t{1}, count);
  const int64_t rows = (count + columns - 1) / columns;
  const int64_t step_x = cell + o.gap, step_y = height + label_height + o.gap;

  Canvas canvas(columns * step_x + o.gap, rows * step_y + o.gap);
  for (int64_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(o.gap + i % columns * step_x),
               y = static_cast<double>(o.gap + i / columns * step_y);
    canvas.image(x + static_cast<double>((cell - width) / 2), y, static_cast<double>(width),
                 static_cast<double>(height), data::image_bytes("contact_sheet", images[i]));
    if (o.labels.empty()) continue;
    const std::string& label = o.labels[static_cast<size_t>(i)];
    const auto space = static_cast<double>((cell - text_length(label) * kGlyphWidth) / 2);
    canvas.text(x + space, y + static_cast<double>(height), label, kBlack);
  }
  return canvas.pixels();
}

}  // namespace weft::train
