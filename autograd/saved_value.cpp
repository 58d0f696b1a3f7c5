#include "weft/autograd/saved_value.h"

#include <optional>

namespace weft::autograd {
namespace {

/// The value as a To if it is stored as one of From.
template <class To, class... From>
std::optional<To> read(const std::any& value) {
  std::optional<To> out;
  auto one = [&]<class T>(std::type_identity<T>) {
    if (const T* held = std::any_cast<T>(&value)) out = static_cast<To>(*held);
  };
  (one(std::type_identity<From>()), ...);
  return out;
}

std::optional<int64_t> read_int(const std::any& v) {
  return read<int64_t, short, int, long, long long, unsigned char, unsigned short, unsigned, unsigned long,
              unsigned long long>(v);
}
std::optional<double> read_double(const std::any& v) { return read<double, float, double>(v); }

[[noreturn]] void fail_kind(const char* call, const SavedValue& v) {
  fail<DtypeError>("[saved_data] {} of {}", call,
                   v.isNone()     ? "a name without a value"
                   : v.isBool()   ? "a bool"
                   : v.isInt()    ? "an integer"
                   : v.isDouble() ? "a floating-point number"
                   : v.isString() ? "a string"
                   : v.isTensor() ? "a tensor"
                                  : "a value of another type; read it with std::any_cast");
}

template <class T>
const T& held(const char* call, const SavedValue& v) {
  const T* value = std::any_cast<T>(static_cast<const std::any*>(&v));
  if (!value) fail_kind(call, v);
  return *value;
}

}  // namespace

bool SavedValue::isBool() const { return type() == typeid(bool); }
bool SavedValue::isInt() const { return read_int(*this).has_value(); }
bool SavedValue::isDouble() const { return read_double(*this).has_value(); }
bool SavedValue::isString() const { return type() == typeid(std::string); }
bool SavedValue::isTensor() const { return type() == typeid(Tensor); }

bool SavedValue::toBool() const { return held<bool>("toBool", *this); }
int64_t SavedValue::toInt() const {
  const auto value = read_int(*this);
  if (!value) fail_kind("toInt", *this);
  return *value;
}
double SavedValue::toDouble() const {
  const auto value = read_double(*this);
  if (!value) fail_kind("toDouble", *this);
  return *value;
}
Scalar SavedValue::toScalar() const {
  if (isBool()) return toBool();
  if (isInt()) return toInt();
  if (isDouble()) return toDouble();
  return held<Scalar>("toScalar", *this);
}
const std::string& SavedValue::toStringRef() const { return held<std::string>("toStringRef", *this); }
Tensor SavedValue::toTensor() const { return held<Tensor>("toTensor", *this); }
std::vector<int64_t> SavedValue::toIntVector() const { return held<std::vector<int64_t>>("toIntVector", *this); }
std::vector<double> SavedValue::toDoubleVector() const { return held<std::vector<double>>("toDoubleVector", *this); }
TensorList SavedValue::toTensorVector() const { return held<TensorList>("toTensorVector", *this); }

}  // namespace weft::autograd
