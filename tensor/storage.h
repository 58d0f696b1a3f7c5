// The memory behind tensors: a counted block from the cache of allocator.h, and the storage that tensors share.
#pragma once

#include <atomic>
#include <functional>

#include "weft/tensor/intrusive.h"
#include "weft/tensor/sizes.h"

namespace weft {

/// One block of memory. Freed to the cache, or by the deleter of from_blob.
class Buffer : public RefCounted<Buffer> {
 public:
  explicit Buffer(int64_t bytes);
  Buffer(void* data, int64_t bytes, std::function<void(void*)> deleter);
  ~Buffer();
  void* data() const { return data_; }
  /// The requested bytes; the allocated block may be larger.
  int64_t bytes() const { return bytes_; }
  /// True if the memory belongs to weft, not to the user.
  bool is_own() const { return cached_; }

 private:
  void* data_;
  int64_t bytes_, block_bytes_;
  std::function<void(void*)> deleter_;
  bool cached_;
};

/// Shared by tensors that are views of each other: the memory, a counter of in-place changes, and the memory order of
/// an image batch.
///
/// Order: a batch [N, C, H, W] made by an order-aware op may be stored channels-last although its strides show standard
/// order. Only raw() exposes that; data() converts the memory to standard order first, once. While the order is
/// private, every tensor of the storage covers all of it with the same sizes, so the difference is not observable.
class Storage : public RefCounted<Storage> {
 public:
  struct ImageSizes {
    int64_t n, c, h, w;
  };
  explicit Storage(int64_t bytes) : buffer_(make_ref<Buffer>(bytes)) {}
  explicit Storage(Ref<Buffer> buffer) : buffer_(std::move(buffer)) {}
  /// A storage whose memory is a channels-last image batch with elements of `item` bytes.
  Storage(const ImageSizes& sizes, int64_t item)
      : buffer_(make_ref<Buffer>(numel_of({sizes.n, sizes.c, sizes.h, sizes.w}) * item)),
        channels_last_(true),
        image_(sizes),
        item_(item) {}

  /// The memory in standard order.
  void* data() const {
    if (channels_last_.load(std::memory_order_acquire)) [[unlikely]]
      standardise();
    return buffer_->data();
  }
  bool channels_last() const { return channels_last_.load(std::memory_order_acquire); }
  /// The memory in its current order. It stays valid as long as the storage, even if another thread requests standard
  /// order.
  void* raw(bool* channels_last) const {
    *channels_last = false;
    return channels_last_.load(std::memory_order_acquire) ? raw_image(channels_last) : buffer_->data();
  }
  int64_t bytes() const { return buffer_->bytes(); }
  /// True if the memory belongs to weft, so that no other storage reaches it.
  bool is_own() const { return channels_last() || buffer_->is_own(); }
  /// True if exactly one tensor can reach the memory.
  bool is_private() const { return use_count() == 1 && buffer_->use_count() == 1 && buffer_->is_own(); }

  /// Number of in-place changes.
  uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  void bump_version() { version_.fetch_add(1, std::memory_order_relaxed); }
  void set_version(uint32_t v) { version_.store(v, std::memory_order_relaxed); }

 private:
  void standardise() const;
  void* raw_image(bool* channels_last) const;
  mutable Ref<Buffer> buffer_;
  mutable Ref<Buffer> image_buffer_;  ///< buffer_ before standardise()
  std::atomic<uint32_t> version_{0};
  mutable std::atomic<bool> channels_last_{false};
  ImageSizes image_{};
  int64_t item_ = 0;
};

}  // namespace weft
