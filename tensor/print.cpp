// Prints like libtorch: columns of one width, a common factor in front, slices of higher dimensions one by one.
#include <cmath>
#include <iomanip>
#include <ostream>
#include <sstream>

#include "weft/tensor/kernels/elementwise/elementwise.h"
#include "weft/tensor/tensor.h"

namespace weft {
namespace {

constexpr int64_t kLineWidth = 80;

// The format of all numbers of one block.
struct Style {
  enum class Kind { Plain, Fixed, Scientific } kind = Kind::Plain;
  double scale = 1;
  int width = 0;
};

// Digits in front of the decimal point; 1 for zero.
double digits(double magnitude) { return magnitude != 0 ? std::floor(std::log10(magnitude)) + 1 : 1; }

// The style for these numbers. As in libtorch, the greatest magnitude ignores negative numbers except the first.
Style style_of(const double* values, int64_t n) {
  bool integers = true, found = false;
  double least = 1, greatest = 1;
  for (int64_t i = 0; i < n; ++i) {
    if (!std::isfinite(values[i])) continue;
    const double z = std::fabs(values[i]);
    integers = integers && values[i] == std::ceil(values[i]);
    if (!found) least = greatest = z;
    found = true;
    least = std::min(least, z);
    if (values[i] > greatest) greatest = z;
  }
  const double low = found ? digits(least) : 1, high = found ? digits(greatest) : 1;
  if (integers) {
    if (high > 9) return {Style::Kind::Scientific, 1, 11};
    return {Style::Kind::Plain, 1, static_cast<int>(high) + 1};
  }
  if (high - low > 4) {
    const bool three_digits = std::fabs(high) > 99 || std::fabs(low) > 99;
    return {Style::Kind::Scientific, 1, three_digits ? 12 : 11};
  }
  if (high > 5 || high < 0) return {Style::Kind::Fixed, std::pow(10, high - 1), 7};
  return {Style::Kind::Fixed, 1, high == 0 ? 7 : static_cast<int>(high) + 6};
}

// Plain numbers keep the stream's precision.
void write(std::ostream& out, double value, const Style& style) {
  out.unsetf(std::ios::floatfield);
  if (style.kind == Style::Kind::Fixed) out << std::fixed << std::setprecision(4);
  if (style.kind == Style::Kind::Scientific) out << std::scientific << std::setprecision(4);
  out << std::setw(style.width) << value / style.scale;
}

// The common factor, with the precision of the following numbers.
void write_scale(std::ostream& out, const Style& style) {
  out << std::setprecision(4);
  write(out, style.scale, Style{});
  out << " *\n";
}

void write_vector(std::ostream& out, const double* values, int64_t n) {
  const Style style = style_of(values, n);
  if (style.scale != 1) write_scale(out, style);
  for (int64_t i = 0; i < n; ++i) {
    write(out, values[i], style);
    out << '\n';
  }
}

void write_matrix(std::ostream& out, const double* values, int64_t rows, int64_t cols, int64_t indent) {
  const Style style = style_of(values, rows * cols);
  const std::string margin(indent, ' ');
  const int64_t fit = std::max<int64_t>(1, (kLineWidth - indent) / (style.width + 1));
  out << margin;
  for (int64_t first = 0; first < cols; first += fit) {
    const int64_t last = std::min(first + fit, cols) - 1;
    if (fit < cols) {
      if (first != 0) out << '\n';
      out << "Columns " << first + 1 << " to " << last + 1 << margin;
    }
    if (style.scale != 1) {
      write_scale(out, style);
      out << margin;
    }
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = first; c <= last; ++c) {
        write(out, values[r * cols + c], style);
        out << (c == last ? '\n' : ' ');
      }
      if (r + 1 < rows) out << margin << (style.scale != 1 ? " " : "");
    }
  }
}

// The matrices of the last two dimensions, the first dimension counting fastest.
void write_slices(std::ostream& out, const double* values, IntArrayRef sizes) {
  const size_t n = sizes.size() - 2;
  const int64_t rows = sizes[n], cols = sizes[n + 1];
  const Dims strides = contiguous_strides(sizes);
  const int64_t slices = numel_of({sizes.data(), n});
  for (int64_t s = 0; s < slices; ++s) {
    out << (s > 0 ? "\n(" : "(");
    int64_t rest = s, offset = 0;
    for (size_t d = 0; d < n; rest /= sizes[d++]) {
      out << rest % sizes[d] + 1 << ',';
      offset += rest % sizes[d] * strides[d];
    }
    out << ".,.) = \n";
    write_matrix(out, values + offset, rows, cols, 1);
  }
}

// Restores the stream's formatting on destruction.
class KeepFormat {
 public:
  explicit KeepFormat(std::ostream& out) : out_(out), saved_(nullptr) { saved_.copyfmt(out); }
  ~KeepFormat() { out_.copyfmt(saved_); }
  KeepFormat(const KeepFormat&) = delete;

 private:
  std::ostream& out_;
  std::ios saved_;
};

}  // namespace

std::ostream& operator<<(std::ostream& out, const Tensor& t) {
  if (!t.defined()) return out << "[ Tensor (undefined) ]";
  const KeepFormat keep(out);
  const Tensor values = kernel::copy_of(t, kFloat64);
  const auto* p = values.data_ptr<double>();
  if (t.numel() > 0) {
    switch (t.dim()) {
      case 0:
        write(out, *p, Style{});
        out << '\n';
        break;
      case 1:
        write_vector(out, p, t.numel());
        break;
      case 2:
        write_matrix(out, p, t.size(0), t.size(1), 0);
        break;
      default:
        write_slices(out, p, t.sizes());
    }
  }
  out << "[ " << dtype_info(t.dtype()).print_name << '{';
  for (int64_t d = 0; d < t.dim(); ++d) out << (d > 0 ? "," : "") << t.size(d);
  return out << "} ]";
}

std::string to_string(const Tensor& t) {
  std::ostringstream out;
  out << t;
  return out.str();
}

}  // namespace weft
