// Device and TensorOptions: the properties of a new tensor.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>

#include "weft/tensor/dtype.h"

namespace weft {

/// The device of a tensor. weft computes on the CPU; the type exists so that programs written for libtorch port
/// unchanged.
enum class DeviceType : uint8_t { CPU };
inline constexpr DeviceType kCPU = DeviceType::CPU;
class Device {
 public:
  Device(DeviceType type = kCPU) : type_(type) {}  // NOLINT: as in libtorch
  /// index: -1 (none) or 0. Throws ValueError for other values.
  Device(DeviceType type, int8_t index);
  /// "cpu" or "cpu:0". Throws ValueError for anything else.
  Device(const std::string& text);  // NOLINT: as in libtorch
  DeviceType type() const { return type_; }
  int8_t index() const { return index_; }
  bool has_index() const { return index_ != -1; }
  bool is_cpu() const { return true; }
  bool is_cuda() const { return false; }
  /// "cpu" or "cpu:0".
  std::string str() const;
  bool operator==(const Device&) const = default;

 private:
  DeviceType type_;
  int8_t index_ = -1;
};
std::ostream& operator<<(std::ostream& out, DeviceType type);
/// Prints str().
std::ostream& operator<<(std::ostream& out, const Device& device);

namespace cuda {
/// Always false.
inline bool is_available() { return false; }
}  // namespace cuda

/// The memory order of an image batch [N, C, H, W].
enum class MemoryFormat : uint8_t { Contiguous, ChannelsLast };
std::ostream& operator<<(std::ostream& out, MemoryFormat format);

/// dtype and requires_grad of a new tensor: `TensorOptions().dtype(kFloat64).requires_grad(true)`, or just `kFloat64`.
class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(Dtype d) : dtype_(d) {}  // NOLINT: as in libtorch
  TensorOptions(Device) {}               // NOLINT
  TensorOptions(DeviceType) {}           // NOLINT
  TensorOptions dtype(Dtype d) const {
    TensorOptions o = *this;
    o.dtype_ = d;
    return o;
  }
  TensorOptions device(Device) const { return *this; }
  TensorOptions requires_grad(bool on) const {
    TensorOptions o = *this;
    o.requires_grad_ = on;
    return o;
  }
  /// The given dtype, or the default floating-point type.
  Dtype dtype() const { return dtype_.value_or(default_dtype()); }
  Dtype dtype_or(Dtype other) const { return dtype_.value_or(other); }
  bool has_dtype() const { return dtype_.has_value(); }
  bool requires_grad() const { return requires_grad_; }

 private:
  std::optional<Dtype> dtype_;
  bool requires_grad_ = false;
};

inline TensorOptions dtype(Dtype d) { return TensorOptions(d); }
inline TensorOptions requires_grad(bool on = true) { return TensorOptions().requires_grad(on); }
inline TensorOptions device(Device d) { return TensorOptions(d); }

}  // namespace weft
