// Facts that came up while an entry was built and must reach the consumer with the transaction that
// needed it: a missing publication, an option that could not be followed. Each is told once per
// session, until forget() says that it stopped being true.
#pragma once

#include "frames.hpp"

#include <type_traits>

namespace penstock {

class NoticeQueue {
public:
    // What was told is remembered in `session`, which must live as long as the session.
    void open(MemoryContext session);

    // `name` and `detail` are UTF-8 and are copied.
    void add(NoticeCode code, std::string_view name, std::string_view detail);
    void forget(NoticeCode code, std::string_view name);

    bool empty() const { return waiting_ == NIL; }
    // The oldest waiting notice, taken off the queue. Good until the session ends.
    NoticeFrame take();

private:
    MemoryContext session_;
    List* told_;     // NoticeFrame*, in session_.
    List* waiting_;  // Subset of told_, in session_.
};
static_assert(std::is_trivially_destructible_v<NoticeQueue>);

}  // namespace penstock
