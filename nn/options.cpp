#include "weft/nn/options.h"

#include <sstream>

#include "weft/autograd/record.h"

namespace weft::nn {

PaddingMode::PaddingMode(std::string_view text) {
  for (std::string_view known : {"zeros", "constant", "reflect", "replicate", "circular"})
    if (text == known) {
      name = known;
      return;
    }
  fail<ValueError>("[options] padding mode is zeros, constant, reflect, replicate or circular, not \"{}\"", text);
}

namespace detail {

void fail_size_count(size_t wanted, size_t given) {
  fail<ValueError>("[options] {} sizes are needed, not {}", wanted, given);
}
void fail_padding(std::string_view name) {
  fail<ValueError>("[options] padding must be integers, \"same\" or \"valid\", got \"{}\"", name);
}

std::string print_sizes(IntArrayRef v) { return v.size() == 1 ? std::to_string(v[0]) : to_string(v); }

std::string print_sizes(const std::optional<int64_t>* v, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += (i ? ", " : "") + (v[i] ? std::to_string(*v[i]) : std::string("None"));
  return count == 1 ? text : "[" + text + "]";
}

std::string print_number(double v) {
  std::ostringstream out;
  out << v;
  return out.str();
}

Tensor assign(const Tensor& x, const Tensor& value) {
  Tensor target = x;
  return target.copy_(value);
}

bool is_recorded(const Tensor& x) { return autograd::needs(x); }

}  // namespace detail
}  // namespace weft::nn
