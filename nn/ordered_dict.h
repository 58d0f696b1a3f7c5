// OrderedDict: values by name, kept in the order of insertion.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {

namespace detail {
[[noreturn]] void fail_no_key(const std::string& key);
[[noreturn]] void fail_key_taken(const std::string& key);
}  // namespace detail

/// A map from strings (Key) to values that iterates in the order of insertion. An item reads as `item.key()`,
/// `item.value()`, or `auto& [name, value]`. A key that exists already throws ValueError on insert, one that does not
/// throws IndexError on [].
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
  const Item& front() const { return items_.front(); }
  const Item& back() const { return items_.back(); }

  bool contains(const Key& key) const { return index_.count(key) > 0; }
  /// The value, or null.
  Value* find(const Key& key) {
    auto it = index_.find(key);
    return it == index_.end() ? nullptr : &items_[it->second].second;
  }
  const Value* find(const Key& key) const { return const_cast<OrderedDict*>(this)->find(key); }
  Value& operator[](const Key& key) {
    Value* value = find(key);
    if (!value) detail::fail_no_key(key);
    return *value;
  }
  const Value& operator[](const Key& key) const { return (*const_cast<OrderedDict*>(this))[key]; }
  Item& operator[](size_t i) { return items_.at(i); }
  const Item& operator[](size_t i) const { return items_.at(i); }

  Value& insert(Key key, Value value) {
    if (contains(key)) detail::fail_key_taken(key);
    index_.emplace(key, items_.size());
    items_.emplace_back(std::move(key), std::move(value));
    return items_.back().second;
  }
  void update(const OrderedDict& other) {
    for (const Item& item : other) insert(item.first, item.second);
  }
  void erase(const Key& key) {
    auto it = index_.find(key);
    if (it == index_.end()) detail::fail_no_key(key);
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(it->second));
    index_.clear();
    for (size_t i = 0; i < items_.size(); ++i) index_.emplace(items_[i].first, i);
  }
  void clear() {
    items_.clear();
    index_.clear();
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
  std::vector<Item> items_;
  std::unordered_map<Key, size_t> index_;
};

}  // namespace weft
