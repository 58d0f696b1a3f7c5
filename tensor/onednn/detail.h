// Shared by the sources of the oneDNN adapter: the guard against OpenMP threads, engine and stream, the plan cache.
#pragma once

#include <dnnl.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <utility>

#include "weft/tensor/onednn/onednn.h"

namespace weft::onednn::detail {

/// During its lifetime, oneDNN creates and executes on one thread when called from this thread.
class SingleThread {
 public:
  SingleThread();
  ~SingleThread();
  SingleThread(const SingleThread&) = delete;

 private:
  int saved_;
};

const dnnl::engine& engine();
/// The attribute of every primitive: the caller provides the scratchpad.
const dnnl::primitive_attr& user_scratchpad();
/// This thread's stream; under a Permit.
dnnl::stream& own_stream();
void execute(const dnnl::primitive& primitive, std::initializer_list<std::pair<int, dnnl::memory>> operands);
inline dnnl::memory at(const dnnl::memory::desc& desc, const void* data) {
  return {desc, engine(), const_cast<void*>(data)};
}
inline int64_t bytes_of(const dnnl::memory::desc& desc) { return static_cast<int64_t>(desc.get_size()); }

/// The plan cached under `key` (the bytes of a trivially copyable struct without padding), else make().
std::shared_ptr<const void> find_plan(std::string_view key, const std::function<std::shared_ptr<const void>()>& make);

}  // namespace weft::onednn::detail
