// NodeSet: a set of nodes for one walk over the graph.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace weft::autograd {

class Node;

/// Open addressing with linear probing. Up to 16 nodes it allocates nothing, which matters for the gradient of a small
/// op.
class NodeSet {
 public:
  /// True if the node was not in the set before.
  bool insert(const Node* node) {
    if (2 * (size_ + 1) > capacity()) grow();
    const Node*& slot = slots()[find(node)];
    if (slot) return false;
    slot = node;
    ++size_;
    return true;
  }
  bool contains(const Node* node) const { return slots()[find(node)] != nullptr; }

 private:
  static constexpr size_t kInline = 32;  // slots, a power of two
  size_t capacity() const { return many_.empty() ? kInline : many_.size(); }
  const Node** slots() { return many_.empty() ? few_.data() : many_.data(); }
  const Node* const* slots() const { return many_.empty() ? few_.data() : many_.data(); }
  /// The slot that holds the node, or the empty one where it belongs. Multiplication by 2^64 / golden ratio spreads
  /// addresses (Knuth, The Art of Computer Programming, volume 3, 6.4).
  size_t find(const Node* node) const {
    const uint64_t spread = reinterpret_cast<uintptr_t>(node) * 0x9E3779B97F4A7C15u;
    size_t i = (spread >> 32) & (capacity() - 1);
    while (slots()[i] && slots()[i] != node) i = (i + 1) & (capacity() - 1);
    return i;
  }
  void grow() {
    const std::vector<const Node*> before(slots(), slots() + capacity());
    many_.assign(2 * before.size(), nullptr);
    for (const Node* node : before)
      if (node) many_[find(node)] = node;
  }

  size_t size_ = 0;
  std::array<const Node*, kInline> few_{};
  std::vector<const Node*> many_;
};

}  // namespace weft::autograd
