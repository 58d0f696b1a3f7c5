#include "weft/tensor/storage.h"

#include <array>
#include <mutex>
#include <utility>

#include "weft/tensor/allocator.h"
#include "weft/tensor/kernels/walk/reorder.h"

namespace weft {

Buffer::Buffer(int64_t bytes) : bytes_(bytes), cached_(true) {
  const detail::Block block = detail::allocate(bytes);
  data_ = block.data, block_bytes_ = block.bytes;
}

Buffer::Buffer(void* data, int64_t bytes, std::function<void(void*)> deleter)
    : data_(data), bytes_(bytes), block_bytes_(bytes), deleter_(std::move(deleter)), cached_(false) {}

Buffer::~Buffer() {
  if (cached_)
    detail::deallocate(data_, block_bytes_);
  else if (deleter_)
    deleter_(data_);
}

namespace {
// Storages share a few locks: two threads rarely request standard order at the same time.
std::mutex& lock_of(const Storage* s) {
  static auto* locks = new std::array<std::mutex, 16>;
  return (*locks)[(reinterpret_cast<uintptr_t>(s) >> 6) % locks->size()];
}
}  // namespace

void* Storage::raw_image(bool* channels_last) const {
  std::lock_guard lock(lock_of(this));
  *channels_last = channels_last_.load(std::memory_order_relaxed);
  return buffer_->data();
}

void Storage::standardise() const {
  // The reorder runs on other threads too and may run any task meanwhile, so no lock is held across it; if two threads
  // do the same work, the first result is kept.
  bool channels_last;
  const void* old = raw(&channels_last);
  if (!channels_last) return;
  auto fresh = make_ref<Buffer>(image_.n * image_.c * image_.h * image_.w * item_);
  kernel::nhwc_to_nchw(old, fresh->data(), image_.n, image_.c, image_.h, image_.w, item_);
  std::lock_guard lock(lock_of(this));
  if (!channels_last_.load(std::memory_order_relaxed)) return;
  image_buffer_ = std::exchange(buffer_, std::move(fresh));
  channels_last_.store(false, std::memory_order_release);
}

}  // namespace weft
