#include "weft/tensor/options.h"

#include <ostream>

#include "weft/tensor/error.h"

namespace weft {

Device::Device(DeviceType type, int8_t index) : type_(type), index_(index) {
  check<ValueError>(index == -1 || index == 0, "[Device] the CPU has index 0 or none (-1), not {}", index);
}

Device::Device(const std::string& text) : type_(kCPU), index_(text == "cpu:0" ? 0 : -1) {
  check<ValueError>(text == "cpu" || text == "cpu:0",
                    "[Device] \"{}\" is not supported, weft computes on the CPU: expected \"cpu\" or \"cpu:0\"", text);
}

std::string Device::str() const { return has_index() ? "cpu:0" : "cpu"; }

std::ostream& operator<<(std::ostream& out, DeviceType) { return out << "cpu"; }
std::ostream& operator<<(std::ostream& out, const Device& device) { return out << device.str(); }
std::ostream& operator<<(std::ostream& out, MemoryFormat format) {
  return out << (format == MemoryFormat::Contiguous ? "Contiguous" : "ChannelsLast");
}

}  // namespace weft
