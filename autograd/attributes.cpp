#include "weft/autograd/attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace weft::autograd {

std::string to_string(const AttributeValue& value) {
  struct Text {
    std::string operator()(std::monostate) const { return "none"; }
    std::string operator()(bool v) const { return v ? "true" : "false"; }
    std::string operator()(int64_t v) const { return fmt::format("{}", v); }
    std::string operator()(double v) const { return fmt::format("{}", v); }
    std::string operator()(const std::string& v) const { return v; }
    std::string operator()(const std::vector<int64_t>& v) const { return fmt::format("[{}]", fmt::join(v, ", ")); }
  };
  return std::visit(Text(), value);
}

namespace detail {
AttributeValue value_of(const Scalar& v) {
  if (v.is_floating_point()) return v.to<double>();
  if (v.kind() == kBool) return v.to<bool>();
  return v.to<int64_t>();
}
}  // namespace detail

}  // namespace weft::autograd
