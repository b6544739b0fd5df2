#include "source/postgres_connection.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

namespace penstock {
namespace {

using Clock = std::chrono::steady_clock;

enum class Wait : std::uint8_t { kReady, kInterrupted, kTimedOut };

// Waits for the socket, the interrupt or the deadline, whichever comes first.
Wait wait_for(int socket, short events, int interrupt_fd, Clock::time_point deadline) {
    pollfd fds[2] = {{socket, events, 0}, {interrupt_fd, POLLIN, 0}};
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return Wait::kTimedOut;
        const int timeout = left > 60'000 ? 60'000 : static_cast<int>(left);
        const int ready = ::poll(fds, interrupt_fd >= 0 ? 2 : 1, timeout);
        if (ready < 0 && errno != EINTR) return Wait::kReady;  // libpq finds out what is wrong.
        if (ready <= 0) continue;
        if (fds[0].revents != 0) return Wait::kReady;
        if (interrupt_fd >= 0 && fds[1].revents != 0) return Wait::kInterrupted;
    }
}

Error interrupted(const PostgresContext& context) {
    ServerMessage message;
    message.primary = "interrupted by a request to stop";
    return postgres_error(message, context);
}

Error no_answer(const PostgresContext& context) {
    return postgres_error({{}, "no answer in time", {}, {}}, context);
}

// PQcancel() makes a connection of its own and waits for its end without any patience, and over a
// network that is cut for ever. The server may take what time it wants, we do not wait for it.
void cancel_briefly(PGconn* connection) {
    constexpr std::chrono::milliseconds kPatience{1000};
    PGcancel* const cancel = PQgetCancel(connection);
    if (cancel == nullptr) return;
    std::promise<void> promise;
    const std::future<void> done = promise.get_future();
    std::thread([cancel, told = std::move(promise)]() mutable {
        char ignored[256];
        PQcancel(cancel, ignored, sizeof ignored);
        PQfreeCancel(cancel);
        told.set_value();
    }).detach();
    done.wait_for(kPatience);
}

// Keywords and values for PQconnectStartParams, with the memory they point to.
struct Parameters {
    std::vector<std::string> words;
    std::vector<std::string> values;
    void add(std::string word, std::string value) {
        words.push_back(std::move(word));
        values.push_back(std::move(value));
    }
};

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

// libpq's own complaint about a malformed string quotes pieces of it, and a piece may be the
// password; so only the fact is passed on.
Result<Parameters> parse_url(const ConnectOptions& options, Duration& timeout) {
    char* complaint = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
        PQconninfoParse(options.url.reveal().c_str(), &complaint));
    PQfreemem(complaint);
    if (!parsed) {
        return fail(ErrorName::kConfigurationInvalid,
                    "cannot use source.url: it is not a PostgreSQL connection string",
                    "Neither a URI (postgresql://user@host/database) nor keywords and values "
                    "(host=... dbname=...) can be read from it; a % in a password is written "
                    "%25 in a URI.");
    }
    Parameters out;
    // A peer that vanished is noticed while nothing is read as well (a full window): a status goes
    // out every few seconds, and one that nobody acknowledges ends the connection. The string's own
    // values come later and win.
    out.add("tcp_user_timeout", "60000");
    out.add("keepalives_idle", "60");
    for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
        const std::string_view word = option->keyword;
        if (option->val == nullptr || word == "replication" || word == "client_encoding") continue;
        if (word == "password" && !options.password.empty()) continue;
        if (word == "connect_timeout") {
            int seconds = 0;
            const std::string_view value = option->val;
            std::from_chars(value.data(), value.data() + value.size(), seconds);
            if (seconds > 0) timeout = std::chrono::seconds(seconds);
        }
        out.add(std::string(word), option->val);
    }
    if (!options.password.empty()) out.add("password", options.password.reveal());
    if (options.replication) out.add("replication", "database");
    out.add("client_encoding", "UTF8");
    out.add("fallback_application_name", "penstock");
    return out;
}

PGconn* begin_connecting(const Parameters& parameters) {
    std::vector<const char*> words;
    std::vector<const char*> values;
    for (std::size_t i = 0; i < parameters.words.size(); ++i) {
        words.push_back(parameters.words[i].c_str());
        values.push_back(parameters.values[i].c_str());
    }
    words.push_back(nullptr);
    values.push_back(nullptr);
    return PQconnectStartParams(words.data(), values.data(), 0);
}

std::string field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
}

}  // namespace

void PostgresRows::Clear::operator()(pg_result* result) const {
    PQclear(result);
}
int PostgresRows::count() const {
    return PQntuples(result_.get());
}
bool PostgresRows::is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
}
std::string_view PostgresRows::text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

bool PostgresRows::failed() const {
    const ExecStatusType status = PQresultStatus(result_.get());
    return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE;
}
bool PostgresRows::completed() const {
    return PQresultStatus(result_.get()) == PGRES_COMMAND_OK;
}
ServerMessage PostgresRows::message() const {
    const PGresult* const result = result_.get();
    ServerMessage message{field(result, PG_DIAG_SQLSTATE), field(result, PG_DIAG_MESSAGE_PRIMARY),
                          field(result, PG_DIAG_MESSAGE_DETAIL),
                          field(result, PG_DIAG_MESSAGE_HINT)};
    // Failures that libpq itself reports have no fields.
    if (message.primary.empty()) return parse_connection_failure(PQresultErrorMessage(result));
    return message;
}

void PostgresConnection::Finish::operator()(pg_conn* connection) const {
    PQfinish(connection);
}
void PostgresConnection::Free::operator()(char* bytes) const {
    PQfreemem(bytes);
}

PostgresConnection::PostgresConnection(pg_conn* connection, const ConnectOptions& options)
    : connection_(connection),
      statement_timeout_(options.statement_timeout),
      interrupt_fd_(options.interrupt_fd) {}

Result<PostgresConnection> PostgresConnection::open(const ConnectOptions& options) {
    const PostgresContext context{Doing::kConnecting, {}, {}, {}};
    Duration timeout = options.timeout;
    const auto parameters = parse_url(options, timeout);
    if (!parameters) return Failure(parameters.error());
    PostgresConnection opened(begin_connecting(*parameters), options);
    PGconn* const raw = opened.connection_.get();
    if (raw == nullptr) throw std::bad_alloc();
    PQsetErrorVerbosity(raw, PQERRORS_VERBOSE);
    const auto deadline = Clock::now() + timeout;
    PostgresPollingStatusType status = PGRES_POLLING_WRITING;
    while (PQstatus(raw) != CONNECTION_BAD && status != PGRES_POLLING_OK &&
           status != PGRES_POLLING_FAILED) {
        const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        switch (wait_for(PQsocket(raw), events, options.interrupt_fd, deadline)) {
            case Wait::kReady:
                break;
            case Wait::kInterrupted:
                return Failure(interrupted(context));
            case Wait::kTimedOut:
                return Failure(no_answer(context));
        }
        status = PQconnectPoll(raw);
    }
    if (status != PGRES_POLLING_OK) {
        PostgresContext failed = context;
        const std::string user = opened.user();
        failed.role = user;
        return Failure(postgres_error(parse_connection_failure(PQerrorMessage(raw)), failed));
    }
    PQsetErrorVerbosity(raw, PQERRORS_DEFAULT);
    if (auto reset = opened.reset_timeouts(options.replication); !reset) {
        return Failure(reset.error());
    }
    return opened;
}

// A role may have any of these set; each could end a slot's creation or an idle session of ours.
// Names that this server does not have are left out by the query itself.
Status PostgresConnection::reset_timeouts(bool replication) {
    auto reset = query(
        "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN "
        "('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', "
        "'idle_session_timeout', 'transaction_timeout')");
    if (!reset) return Failure(reset.error());
    if (replication) return {};
    auto path = query("SELECT pg_catalog.set_config('search_path', 'pg_catalog', false)");
    if (!path) return Failure(path.error());
    return {};
}

Result<PostgresRows> PostgresConnection::query(const std::string& sql,
                                               const std::vector<std::string>& parameters,
                                               const PostgresContext& context) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    const int sent =
        parameters.empty()
            ? PQsendQuery(connection_.get(), sql.c_str())
            : PQsendQueryParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
                                nullptr, values.data(), nullptr, nullptr, 0);
    if (sent == 0) return Failure(last_error(context));
    return finish_statement(context);
}

// The server's own statement_timeout is off, and would not help against a network that is cut.
PostgresConnection::Deadline PostgresConnection::deadline(const PostgresContext& context) const {
    constexpr auto kNever = std::chrono::hours(24 * 365);
    if (context.doing == Doing::kCreatingSlot) return Clock::now() + kNever;
    return Clock::now() + statement_timeout_;
}

Result<PostgresRows> PostgresConnection::finish_statement(const PostgresContext& context) {
    const Deadline until = deadline(context);
    PostgresRows kept(nullptr);
    Status outcome;
    for (;;) {
        if (auto waited = await_result(context, until); !waited) return Failure(waited.error());
        PGresult* const result = PQgetResult(connection_.get());
        if (result == nullptr) break;
        PostgresRows owned(result);
        if (owned.failed() && outcome) outcome = Failure(postgres_error(owned.message(), context));
        const ExecStatusType status = PQresultStatus(result);
        const bool copying = status == PGRES_COPY_BOTH || status == PGRES_COPY_OUT;
        kept = std::move(owned);
        if (copying) break;
    }
    if (!outcome) return Failure(outcome.error());
    return kept;
}

// Until PQgetResult would not block. A request to stop cancels the statement and gives up on the
// connection: what the server still says to it interests nobody.
Status PostgresConnection::await_result(const PostgresContext& context, Deadline deadline) {
    PGconn* const raw = connection_.get();
    for (;;) {
        const int unsent = PQflush(raw);
        if (unsent < 0) return Failure(last_error(context));
        if (PQisBusy(raw) == 0) return {};
        const short events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN);
        const Wait waited = wait_for(PQsocket(raw), events, interrupt_fd_, deadline);
        if (waited == Wait::kTimedOut) return Failure(no_answer(context));
        if (waited == Wait::kInterrupted) {
            cancel_briefly(raw);
            return Failure(interrupted(context));
        }
        if (PQconsumeInput(raw) == 0) return Failure(last_error(context));
    }
}

Status PostgresConnection::start_copy(const std::string& sql, const PostgresContext& context) {
    auto rows = query(sql, {}, context);
    if (!rows) return Failure(rows.error());
    if (PQsetnonblocking(connection_.get(), 1) != 0) return Failure(last_error(context));
    return {};
}

Result<PostgresConnection::CopyRead> PostgresConnection::read_copy(std::string_view& bytes,
                                                                   const PostgresContext& context) {
    PGconn* const raw = connection_.get();
    char* message = nullptr;
    copy_.reset();
    int size = PQgetCopyData(raw, &message, 1);
    if (size == 0) {
        if (PQconsumeInput(raw) == 0) return Failure(last_error(context));
        size = PQgetCopyData(raw, &message, 1);
    }
    if (size > 0) {
        copy_.reset(message);
        bytes = {message, static_cast<std::size_t>(size)};
        return CopyRead::kMessage;
    }
    if (wants_write_) {
        if (auto flushed = flush(context); !flushed) return Failure(flushed.error());
    }
    if (size == 0) return CopyRead::kDrained;
    if (size == -1) {
        if (auto waited = await_result(context, deadline(context)); !waited) {
            return Failure(waited.error());
        }
        PostgresRows end(PQgetResult(raw));
        if (end.failed()) return Failure(postgres_error(end.message(), context));
        if (end.completed()) {
            if (auto idle = finish_statement(context); !idle) return Failure(idle.error());
        }
        return CopyRead::kEnded;
    }
    return Failure(last_error(context));
}

Status PostgresConnection::write_copy(std::string_view bytes, const PostgresContext& context) {
    if (PQputCopyData(connection_.get(), bytes.data(), static_cast<int>(bytes.size())) < 0) {
        return Failure(last_error(context));
    }
    return flush(context);
}

Status PostgresConnection::flush(const PostgresContext& context) {
    const int unsent = PQflush(connection_.get());
    if (unsent < 0) return Failure(last_error(context));
    wants_write_ = unsent > 0;
    return {};
}

void PostgresConnection::end_copy(Duration patience) {
    const PostgresContext context{Doing::kStreaming, {}, {}, {}};
    const auto deadline = Clock::now() + patience;
    PGconn* const raw = connection_.get();
    if (PQputCopyEnd(raw, nullptr) < 0) return;
    for (;;) {
        if (!flush(context)) return;
        std::string_view dropped;
        const auto read = read_copy(dropped, context);
        if (!read || *read == CopyRead::kEnded) return;
        if (*read == CopyRead::kMessage) {
            if (Clock::now() >= deadline) return;
            continue;
        }
        const short events = static_cast<short>(wants_write_ ? POLLIN | POLLOUT : POLLIN);
        if (wait_for(PQsocket(raw), events, -1, deadline) != Wait::kReady) return;
    }
}

void PostgresConnection::cancel() {
    cancel_briefly(connection_.get());
}

bool PostgresConnection::closed() {
    PGconn* const raw = connection_.get();
    return PQconsumeInput(raw) == 0 || PQstatus(raw) == CONNECTION_BAD;
}

int PostgresConnection::fd() const {
    return PQsocket(connection_.get());
}

int PostgresConnection::backend_pid() const {
    return PQbackendPID(connection_.get());
}

int PostgresConnection::server_version() const {
    return PQserverVersion(connection_.get());
}

namespace {
std::string or_empty(const char* text) {
    return text == nullptr ? "" : text;
}
}  // namespace

std::string PostgresConnection::user() const {
    return or_empty(PQuser(connection_.get()));
}
std::string PostgresConnection::database() const {
    return or_empty(PQdb(connection_.get()));
}
std::string PostgresConnection::host() const {
    return or_empty(PQhost(connection_.get()));
}
bool PostgresConnection::encrypted() const {
    return PQsslInUse(connection_.get()) != 0;
}

// A failure without a result: the connection itself. Whatever the server said last is in the text.
Error PostgresConnection::last_error(const PostgresContext& context) const {
    return postgres_error(parse_connection_failure(or_empty(PQerrorMessage(connection_.get()))),
                          context);
}

}  // namespace penstock
