#include <curfew/clients/pg/target.hpp>

#include <libpq-fe.h>

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

namespace curfew::pg {
namespace {

struct options_deleter {
    void operator()(PQconninfoOption* of) const noexcept { PQconninfoFree(of); }
};

using options = std::unique_ptr<PQconninfoOption, options_deleter>;
using dictionary = std::map<std::string, std::string, std::less<>>;

dictionary read(const options& from) {
    dictionary words;
    for (const auto* each = from.get(); each != nullptr && each->keyword != nullptr; ++each) {
        if (each->val != nullptr && *each->val != '\0') words.emplace(each->keyword, each->val);
    }
    return words;
}

std::vector<std::string> split(std::string_view list) {
    std::vector<std::string> parts;
    while (true) {
        const auto comma = list.find(',');
        parts.emplace_back(list.substr(0, comma));
        if (comma == list.npos) return parts;
        list.remove_prefix(comma + 1);
    }
}

std::string nth(const std::vector<std::string>& list, std::size_t index) {
    if (list.empty()) return {};
    return list.size() == 1 ? list.front() : index < list.size() ? list[index] : std::string{};
}

bool is_numeric(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

std::string word(const dictionary& said, std::string_view key) {
    const auto found = said.find(key);
    return found == said.end() ? std::string{} : found->second;
}

std::unexpected<trouble> refuse(std::string why) {
    return std::unexpected{trouble{errc::bad_usage, {}, 0, std::move(why)}};
}

}  // namespace

bool target::place::is_named() const noexcept {
    return address.empty() && !host.empty() && host.front() != '/' && host.front() != '@';
}

answer<target> target::parse(const std::string& text) {
    const options given{PQconninfoParse(text.c_str(), nullptr)};
    if (!given) return refuse("this is neither a URL of a database nor words such as host=NAME");
    auto said = read(given);
    if (said.contains("service")) return refuse("a service file is not read: say the host itself");
    const auto by_environment = read(options{PQconndefaults()});
    for (const auto* key : {"host", "hostaddr", "port", "user", "dbname", "sslmode"}) {
        if (const auto found = by_environment.find(key); found != by_environment.end())
            said.emplace(key, found->second);
    }

    target made;
    made.user_ = word(said, "user");
    made.database_ = said.contains("dbname") ? word(said, "dbname") : made.user_;
    const auto hosts = split(word(said, "host"));
    const auto addresses =
        said.contains("hostaddr") ? split(word(said, "hostaddr")) : std::vector<std::string>{};
    const auto ports =
        said.contains("port") ? split(word(said, "port")) : std::vector<std::string>{};
    const auto count = std::max(hosts.size(), addresses.size());
    if ((ports.size() > 1 && ports.size() != count) ||
        (said.contains("host") && !addresses.empty() && hosts.size() != addresses.size()))
        return refuse("there are not as many hosts as addresses or ports");
    for (std::size_t i = 0; i < count; ++i) {
        place one{
            i < hosts.size() ? hosts[i] : "",
            i < addresses.size() ? addresses[i] : "",
            nth(ports, i)
        };
        if (one.address.empty() && is_numeric(one.host)) one.address = one.host;
        made.places_.push_back(std::move(one));
    }
    for (const auto* key : {"host", "hostaddr", "port"})
        said.erase(key);
    made.words_.assign(said.begin(), said.end());
    return made;
}

std::string target::text() const {
    std::string told = user_ + '@';
    for (std::size_t i = 0; i < places_.size(); ++i) {
        const auto& host = places_[i].host.empty() ? places_[i].address : places_[i].host;
        told.append(i == 0 ? "" : ",").append(host.empty() ? "local" : host);
        if (!places_[i].port.empty()) told.append(":").append(places_[i].port);
    }
    return told.append("/").append(database_);
}

bool target::says(std::string_view key) const noexcept {
    return std::ranges::any_of(words_, [&](const auto& one) { return one.first == key; });
}

}  // namespace curfew::pg
