#pragma once

#include <curfew/core/expects.hpp>

#include <cstddef>

namespace curfew::runtime {

/// A place in an intrusive list. Leaves the list when destroyed; O(1), no allocation.
/// `Tag` lets one object be in several lists.
template <class Tag>
class list_node {
  public:
    list_node() noexcept = default;
    list_node(const list_node&) = delete;
    list_node& operator=(const list_node&) = delete;

    ~list_node() { unlink(); }

    [[nodiscard]] bool linked() const noexcept { return next_ != this; }

    void unlink() noexcept {
        previous_->next_ = next_;
        next_->previous_ = previous_;
        next_ = previous_ = this;
    }

  private:
    template <class, class>
    friend class intrusive_list;

    list_node* next_ = this;
    list_node* previous_ = this;
};

/// A first-in-first-out ring of nodes that live elsewhere. T derives from list_node<Tag>.
template <class T, class Tag>
class intrusive_list {
  public:
    using node = list_node<Tag>;

    [[nodiscard]] bool empty() const noexcept { return !head_.linked(); }

    void push_back(T& item) noexcept {
        node& added = item;
        expects(!added.linked(), "a node is in one list at a time");
        added.previous_ = head_.previous_;
        added.next_ = &head_;
        head_.previous_->next_ = &added;
        head_.previous_ = &added;
    }

    /// The first item, or nullptr.
    [[nodiscard]] T* front() noexcept { return empty() ? nullptr : static_cast<T*>(head_.next_); }

    /// Calls `visit` for each item, the first first. The list stays as it is meanwhile.
    template <class F>
    void for_each(F&& visit) {
        for (node* each = head_.next_; each != &head_; each = each->next_) {
            visit(static_cast<T&>(*each));
        }
    }

    template <class F>
    void for_each(F&& visit) const {
        for (const node* each = head_.next_; each != &head_; each = each->next_) {
            visit(static_cast<const T&>(*each));
        }
    }

    /// Takes the first item out, or nullptr.
    T* pop_front() noexcept {
        T* first = front();
        if (first != nullptr) {
            static_cast<node*>(first)->unlink();
        }
        return first;
    }

    /// Takes over everything in `other`, in order, behind what is here.
    void splice(intrusive_list& other) noexcept {
        if (other.empty()) {
            return;
        }
        node* first = other.head_.next_;
        node* last = other.head_.previous_;
        other.head_.next_ = other.head_.previous_ = &other.head_;
        first->previous_ = head_.previous_;
        last->next_ = &head_;
        head_.previous_->next_ = first;
        head_.previous_ = last;
    }

  private:
    node head_;
};

}  // namespace curfew::runtime
