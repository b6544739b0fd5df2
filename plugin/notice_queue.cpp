#include "notice_queue.hpp"

namespace penstock {

namespace {

// Notices are few: one for each table with something that could not be followed, at most.
NoticeFrame* find(List* notices, NoticeCode code, std::string_view name, std::string_view detail) {
    ListCell* cell;
    foreach (cell, notices) {
        auto* notice = static_cast<NoticeFrame*>(lfirst(cell));
        if (notice->code == code && notice->name == name && notice->detail == detail) return notice;
    }
    return nullptr;
}

std::string_view copy(std::string_view text) {
    return {pnstrdup(text.data(), text.size()), text.size()};
}

}  // namespace

void NoticeQueue::open(MemoryContext session) {
    session_ = session;
    told_ = NIL;
    waiting_ = NIL;
}

void NoticeQueue::add(NoticeCode code, std::string_view name, std::string_view detail) {
    if (find(told_, code, name, detail) != nullptr) return;
    MemoryContext caller = MemoryContextSwitchTo(session_);
    auto* notice = static_cast<NoticeFrame*>(palloc(sizeof(NoticeFrame)));
    *notice = {code, copy(name), copy(detail)};
    told_ = lappend(told_, notice);
    waiting_ = lappend(waiting_, notice);
    MemoryContextSwitchTo(caller);
}

void NoticeQueue::forget(NoticeCode code, std::string_view name) {
    ListCell* cell;
    foreach (cell, told_) {
        const auto* notice = static_cast<const NoticeFrame*>(lfirst(cell));
        if (notice->code == code && notice->name == name) {
            told_ = foreach_delete_current(told_, cell);
        }
    }
}

NoticeFrame NoticeQueue::take() {
    const NoticeFrame notice = *static_cast<NoticeFrame*>(linitial(waiting_));
    waiting_ = list_delete_first(waiting_);
    return notice;
}

}  // namespace penstock
