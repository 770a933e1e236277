#include "readiness.hpp"
#include "session_state.hpp"
#include <curfew/core/expects.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace curfew::pg {
namespace {

constexpr std::size_t values_max = 65'535;  // of the protocol
constexpr std::size_t bytes_max = std::size_t{1} << 30;

/// Words for PQconnectStartParams: two arrays that end with a null.
struct keywords {
    std::vector<std::string> texts;
    std::vector<const char*> names;

    void add(const char* name, std::string value) {
        names.push_back(name);
        texts.push_back(std::move(value));
    }
};

std::string milliseconds(duration length) {
    const auto count = std::chrono::ceil<std::chrono::milliseconds>(length).count();
    return std::to_string(std::clamp<std::int64_t>(count, 1, 2'147'483'647));
}

void add_unsaid(const target& where, keywords& words, const char* name, std::string value) {
    if (!where.says(name)) words.add(name, std::move(value));
}

void add_places(const target& where, std::span<const std::string> addresses, keywords& words) {
    std::string hosts;
    std::string numeric;
    std::string ports;
    std::size_t named = 0;
    bool any_address = false;
    bool any_port = false;
    const char* between = "";
    for (const auto& one : where.places()) {
        const std::string& address = one.is_named() ? addresses[named++] : one.address;
        if (one.is_named() && address.empty()) continue;
        hosts.append(between).append(one.host);
        numeric.append(between).append(address);
        ports.append(between).append(one.port);
        between = ",";
        any_address = any_address || !address.empty();
        any_port = any_port || !one.port.empty();
    }
    expects(*between != '\0', "a place is left");
    words.add("host", std::move(hosts));
    if (any_address) words.add("hostaddr", std::move(numeric));
    if (any_port) words.add("port", std::move(ports));
}

}  // namespace

session::session() noexcept = default;
session::session(session&& other) noexcept = default;
session& session::operator=(session&& other) noexcept = default;
session::~session() = default;

answer<session> session::connect(
    const target& where, std::span<const std::string> addresses, const session_options& how
) {
    const auto named =
        std::ranges::count_if(where.places(), [](const auto& one) { return one.is_named(); });
    expects(static_cast<std::size_t>(named) <= addresses.size(), "names are looked up before");
    expects(how.bytes_max <= bytes_max, "at most 1 GiB of values");
    keywords words;
    for (const auto& [name, value] : where.words())
        words.add(name.c_str(), value);
    add_places(where, addresses, words);
    add_unsaid(where, words, "fallback_application_name", how.application_name);
    add_unsaid(where, words, "tcp_user_timeout", milliseconds(how.user_timeout));
    add_unsaid(where, words, "keepalives_idle", "30");
    add_unsaid(where, words, "keepalives_interval", "10");
    add_unsaid(where, words, "keepalives_count", "3");
    add_unsaid(where, words, "gssencmode", "disable");
    std::vector<const char*> values;
    for (const auto& text : words.texts)
        values.push_back(text.c_str());
    words.names.push_back(nullptr);
    values.push_back(nullptr);

    session made;
    made.state_ = std::make_unique<state>();
    auto& own = *made.state_;
    own.how = how;
    own.connection.reset(PQconnectStartParams(words.names.data(), values.data(), 0));
    if (!own.connection) {
        return std::unexpected{trouble{errc::local_resource, {}, ENOMEM, "out of memory"}};
    }
    if (PQstatus(own.connection.get()) == CONNECTION_BAD) {
        return std::unexpected{connect_trouble(own.connection.get())};
    }
    PQsetErrorVerbosity(own.connection.get(), PQERRORS_VERBOSE);
    PQsetNoticeProcessor(own.connection.get(), [](void*, const char*) {}, nullptr);
    own.key.listen(own.connection.get());
    own.is = condition::connecting;
    own.note_socket();
    return made;
}

progress session::advance() {
    expects(state_ != nullptr, "there is a connection");
    auto& own = *state_;
    switch (own.is) {
        case condition::connecting:
            return own.last = own.connect_further();
        case condition::running:
            return own.last = own.work_further();
        case condition::copying:
            return own.last = own.copy_further();
        default:
            return own.last;
    }
}

int session::socket() const noexcept {
    return state_ == nullptr ? -1 : PQsocket(state_->connection.get());
}

std::uint32_t session::socket_serial() const noexcept {
    return state_ == nullptr ? 0 : state_->serial;
}

condition session::is() const noexcept {
    return state_ == nullptr ? condition::closed : state_->is;
}

transaction_state session::in_transaction() const noexcept {
    if (state_ == nullptr) return transaction_state::unknown;
    switch (PQtransactionStatus(state_->connection.get())) {
        case PQTRANS_IDLE:
            return transaction_state::none;
        case PQTRANS_INTRANS:
            return transaction_state::open;
        case PQTRANS_INERROR:
            return transaction_state::broken;
        default:
            return transaction_state::unknown;
    }
}

void session::send(
    std::string_view statement,
    std::span<const parameter> values,
    std::optional<duration> server_limit
) {
    expects(is() == condition::ready, "one statement at a time");
    auto& own = *state_;
    own.begin(2);
    const bool unfit = values.size() > values_max || statement.contains('\0') ||
                       std::ranges::any_of(values, &parameter::holds_zero_byte);
    if (unfit) {
        own.problem = {errc::bad_usage, "22021", 0, "a byte of zero, or too many parameters"};
        own.is = condition::ready;
        own.last = progress::failed;
        return;
    }
    std::vector<const char*> texts;
    for (const auto& one : values)
        texts.push_back(one.text());
    const std::string text{statement};
    auto* on = own.connection.get();
    const auto ask = [&] {
        return PQsendQueryParams(
            on,
            text.c_str(),
            static_cast<int>(texts.size()),
            nullptr,
            texts.data(),
            nullptr,
            nullptr,
            0
        );
    };
    const bool lifts = !server_limit && own.limited;
    if (server_limit || lifts) {
        const auto limit =
            server_limit ? "SET statement_timeout = " + milliseconds(*server_limit) : own.lifting();
        own.lifts = lifts && in_transaction() == transaction_state::none;
        own.limited = true;
        own.pipelined = own.leading = true;
        own.sent(
            PQenterPipelineMode(on) == 1 &&
            PQsendQueryParams(on, limit.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1 &&
            PQpipelineSync(on) == 1 && ask() == 1 && PQpipelineSync(on) == 1
        );
    } else {
        own.sent(ask() == 1 && PQsetSingleRowMode(on) == 1);
    }
}

void session::send_script(const std::string& statements) {
    expects(is() == condition::ready, "one statement at a time");
    state_->begin(2 + static_cast<std::size_t>(std::ranges::count(statements, ';')));
    auto* on = state_->connection.get();
    const auto whole = state_->lifting() + statements;
    state_->lifts = whole.size() > statements.size();
    state_->sent(PQsendQuery(on, whole.c_str()) == 1 && PQsetSingleRowMode(on) == 1);
}

void session::begin_copy(const std::string& statement) {
    expects(is() == condition::ready, "one statement at a time");
    state_->begin(2);
    state_->copy_ended = false;
    const auto whole = state_->lifting() + statement;
    state_->sent(PQsendQuery(state_->connection.get(), whole.c_str()) == 1);
}

void session::put(std::string_view piece) {
    expects(is() == condition::copying && state_->last == progress::done, "a copy takes pieces");
    constexpr std::size_t most = std::size_t{1} << 24;
    expects(piece.size() <= most, "a piece has at most 16 MiB");
    auto& own = *state_;
    own.last = progress::writes;
    const int taken =
        PQputCopyData(own.connection.get(), piece.data(), static_cast<int>(piece.size()));
    if (taken != 1) own.last = own.lose(errc::upstream_closed);
}

void session::end_copy() {
    expects(is() == condition::copying, "a copy was begun");
    state_->copy_ended = true;
    state_->is = condition::running;
    state_->sent(PQputCopyEnd(state_->connection.get(), nullptr) == 1);
}

void session::break_off_copy() {
    expects(is() == condition::copying, "a copy was begun");
    state_->copy_ended = true;
    state_->is = condition::running;
    state_->sent(PQputCopyEnd(state_->connection.get(), "broken off") == 1);
}

rows session::take_rows() noexcept {
    return state_ == nullptr ? rows{} : std::exchange(state_->collected, rows{});
}

const trouble& session::why() const noexcept {
    expects(state_ != nullptr, "there is a connection");
    return state_->problem;
}

std::optional<cancel_ticket> session::ticket() const noexcept {
    if (state_ == nullptr || !state_->key.found()) return std::nullopt;
    cancel_ticket made;
    made.size = sizeof made.server;
    if (::getpeername(socket(), reinterpret_cast<sockaddr*>(&made.server), &made.size) != 0)
        return std::nullopt;
    made.process = state_->key.found()->process;
    made.key = state_->key.found()->secret;
    return made;
}

std::string session::server_version() const {
    if (state_ == nullptr) return {};
    const char* told = PQparameterStatus(state_->connection.get(), "server_version");
    return told == nullptr ? "" : told;
}

int session::server_process() const noexcept {
    return state_ == nullptr ? 0 : PQbackendPID(state_->connection.get());
}

void session::close() noexcept {
    state_.reset();
}

}  // namespace curfew::pg
