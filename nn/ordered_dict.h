// OrderedDict: values by name, kept in the order of insertion.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace weft {

namespace detail {
[[noreturn]] void fail_no_key(const std::string& key);
[[noreturn]] void fail_key_taken(const std::string& key);
[[noreturn]] void fail_no_item(const char* where, size_t i, size_t size);
}  // namespace detail

/// A map from strings (Key) to values that iterates in the order of insertion. Access an item by `item.key()`,
/// `item.value()`, or `auto& [name, value]`. insert throws ValueError for an existing key; [] throws IndexError for a
/// missing one.
template <class Key, class Value>
class OrderedDict {
 public:
  struct Item : std::pair<Key, Value> {
    using std::pair<Key, Value>::pair;
    const Key& key() const { return this->first; }
    Value& value() { return this->second; }
    const Value& value() const { return this->second; }
    Value& operator*() { return this->second; }
    const Value& operator*() const { return this->second; }
    Value* operator->() { return &this->second; }
    const Value* operator->() const { return &this->second; }
    const std::pair<Key, Value>& pair() const { return *this; }
  };

  OrderedDict() = default;
  OrderedDict(std::initializer_list<Item> items) {
    for (const Item& item : items) insert(item.first, item.second);
  }

  size_t size() const { return items_.size(); }
  bool is_empty() const { return items_.empty(); }
  bool empty() const { return items_.empty(); }
  auto begin() { return items_.begin(); }
  auto end() { return items_.end(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }
  /// The first and the last item; throws IndexError if there is none.
  const Item& front() const { return item(0, "front"); }
  const Item& back() const { return item(size() - 1, "back"); }

  bool contains(const Key& key) const { return find(key) != nullptr; }
  /// The value, or null.
  Value* find(const Key& key) {
    const size_t at = place(key);
    return at < sorted_.size() && items_[sorted_[at]].first == key ? &items_[sorted_[at]].second : nullptr;
  }
  const Value* find(const Key& key) const { return const_cast<OrderedDict*>(this)->find(key); }
  Value& operator[](const Key& key) {
    Value* value = find(key);
    if (!value) detail::fail_no_key(key);
    return *value;
  }
  const Value& operator[](const Key& key) const { return (*const_cast<OrderedDict*>(this))[key]; }
  /// The i-th item. Throws IndexError.
  Item& operator[](size_t i) { return const_cast<Item&>(item(i, "[]")); }
  const Item& operator[](size_t i) const { return item(i, "[]"); }

  Value& insert(Key key, Value value) {
    if (contains(key)) detail::fail_key_taken(key);
    const auto at = static_cast<std::ptrdiff_t>(place(key));
    items_.emplace_back(std::move(key), std::move(value));
    sorted_.insert(sorted_.begin() + at, items_.size() - 1);
    return items_.back().second;
  }
  void update(const OrderedDict& other) {
    for (const Item& item : other) insert(item.first, item.second);
  }
  void erase(const Key& key) {
    if (!contains(key)) detail::fail_no_key(key);
    const auto at = sorted_.begin() + static_cast<std::ptrdiff_t>(place(key));
    const size_t i = *at;
    sorted_.erase(at);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(i));
    for (size_t& item : sorted_) item -= item > i;
  }
  void clear() {
    items_.clear();
    sorted_.clear();
  }

  std::vector<Key> keys() const {
    std::vector<Key> out;
    for (const Item& item : items_) out.push_back(item.first);
    return out;
  }
  std::vector<Value> values() const {
    std::vector<Value> out;
    for (const Item& item : items_) out.push_back(item.second);
    return out;
  }
  std::vector<std::pair<Key, Value>> pairs() const { return {items_.begin(), items_.end()}; }

 private:
  const Item& item(size_t i, const char* where) const {
    if (i >= items_.size()) detail::fail_no_item(where, i, items_.size());
    return items_[i];
  }
  // Position of the key in sorted_, or of its insertion.
  size_t place(const Key& key) const {
    const auto before = [this](size_t item, const Key& k) { return items_[item].first < k; };
    return static_cast<size_t>(std::lower_bound(sorted_.begin(), sorted_.end(), key, before) - sorted_.begin());
  }

  std::vector<Item> items_;
  std::vector<size_t> sorted_;  // the items sorted by key; compiles faster than a hash table
};

}  // namespace weft
