#include "weft/autograd/anomaly.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <execinfo.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <memory>

#include "weft/tensor/kernels/elementwise/elementwise.h"

namespace weft::autograd {
namespace {

std::atomic<bool> g_anomaly{false};
constexpr int kMaxFrames = 64, kShownFrames = 8;

std::string describe(void* address) {
  Dl_info info;
  if (!dladdr(address, &info)) return {};
  auto offset = static_cast<char*>(address) - static_cast<char*>(info.dli_fbase);
  std::string place = fmt::format("({}+{:#x})", info.dli_fname, offset);
  if (!info.dli_sname) return place;
  int status = 1;
  std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status),
                                              std::free);
  return fmt::format("{} {}", status == 0 ? name.get() : info.dli_sname, place);
}

}  // namespace

bool AnomalyMode::is_enabled() { return g_anomaly.load(std::memory_order_relaxed); }
void AnomalyMode::set_enabled(bool on) { g_anomaly = on; }

std::string where_called() {
  void* frames[kMaxFrames];
  int n = backtrace(frames, kMaxFrames), shown = 0;
  std::string out;
  for (int i = 1; i < n && shown < kShownFrames; ++i) {
    std::string line = describe(frames[i]);
    if (line.empty() || line.starts_with("weft::autograd::") ||
        line.find(" weft::autograd::record") != std::string::npos)
      continue;
    out += "\n    " + line;
    ++shown;
  }
  return out;
}

void check_gradients(const Node& node, std::span<const Tensor> gradients) {
  for (size_t i = 0; i < gradients.size(); ++i) {
    const Tensor& g = gradients[i];
    if (!g.defined() || !g.is_floating_point()) continue;
    Tensor t = kernel::copy_of(g, kFloat64);
    const auto* p = t.data_ptr<double>();
    for (int64_t k = 0; k < t.numel(); ++k)
      if (std::isnan(p[k]))
        fail<StateError>(
            "[{}] its gradient for input {} contains a NaN (element {} of {}); its forward was called from{}",
            node.name(), i, k, g.sizes(), node.where.empty() ? " outside anomaly mode" : node.where);
  }
}

}  // namespace weft::autograd
