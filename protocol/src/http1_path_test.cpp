#include <curfew/protocol/http1_path.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <vector>

namespace curfew::http1 {

namespace {

using namespace std::string_view_literals;

// Nothing when refused.
std::optional<std::string> normal(std::string_view path) {
    std::string room(path.size(), '#');
    const auto result = normalise_path(path, room);
    if (!result) return std::nullopt;
    return std::string{*result};
}

struct path_case {
    std::string_view path;
    std::optional<std::string_view> normal;
};

class path_form : public testing::TestWithParam<path_case> {};

TEST_P(path_form, is_one) {
    const auto& [path, expected] = GetParam();
    EXPECT_EQ(normal(path), expected) << path;
    EXPECT_EQ(is_normal_path(path), expected == path) << path;
}

INSTANTIATE_TEST_SUITE_P(
    all,
    path_form,
    testing::Values(
        path_case{"/", "/"},
        path_case{"/a/b", "/a/b"},
        path_case{"/a/", "/a/"},
        path_case{"//", "//"},
        path_case{"/a//b", "/a//b"},
        path_case{"///x///", "///x///"},
        path_case{"/.", "/"},
        path_case{"/./", "/"},
        path_case{"/a/.", "/a/"},
        path_case{"/a/./b", "/a/b"},
        path_case{"/a/..", "/"},
        path_case{"/a/../", "/"},
        path_case{"/a/../b", "/b"},
        path_case{"/a/b/../../c", "/c"},
        path_case{"/a/b/c/./../../g", "/a/g"},  // RFC 3986, 5.2.4
        path_case{"/a//../b", "/a/b"},
        path_case{"/a/..//b", "//b"},
        path_case{"/...", "/..."},
        path_case{"/.a/..b/c.", "/.a/..b/c."},
        path_case{"/..", std::nullopt},
        path_case{"/../a", std::nullopt},
        path_case{"/a/../..", std::nullopt},
        path_case{"/./..", std::nullopt},
        path_case{"/%2e", "/"},
        path_case{"/a/%2e%2E/b", "/b"},
        path_case{"/a/.%2e", "/"},
        path_case{"/%2e%2e/etc", std::nullopt},
        path_case{"/%2e%2e%2fetc", "/..%2Fetc"},
        path_case{"/a%2fb", "/a%2Fb"},
        path_case{"/a%2F..%2Fb", "/a%2F..%2Fb"},
        path_case{"/%61%7e%5f", "/a~_"},
        path_case{"/caf%c3%a9", "/caf%C3%A9"},
        path_case{"/a%20b", "/a%20b"},
        path_case{"/%25%32%65", "/%252e"},
        path_case{"/%252e%252e/", "/%252e%252e/"},  // decoded once, never twice
        path_case{"/%5c..%5c", "/%5C..%5C"},
        path_case{"/a;b=c/d", "/a;b=c/d"},
        path_case{"/%00", std::nullopt},
        path_case{"/%", std::nullopt},
        path_case{"/%4", std::nullopt},
        path_case{"/%4/", std::nullopt},
        path_case{"/%zz", std::nullopt},
        path_case{"", std::nullopt},
        path_case{"a/b", std::nullopt},
        path_case{"*", std::nullopt}
    )
);

// The reference: split, decode, drop. Slow and plain.
std::optional<std::string> naive_normal(std::string_view path) {
    if (!path.starts_with('/')) return std::nullopt;
    std::vector<std::string> segments{""};
    for (std::size_t i = 1; i < path.size(); ++i) {
        if (path[i] == '/') {
            segments.emplace_back();
        } else if (path[i] != '%') {
            segments.back() += path[i];
        } else {
            const std::string digits{path.substr(i + 1, 2)};
            if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos ||
                digits.size() != 2 || digits == "00") {
                return std::nullopt;
            }
            const auto byte = static_cast<char>(std::stoi(digits, nullptr, 16));
            const bool letter = byte >= 0 && std::isalnum(byte) != 0;
            if (letter || "-._~"sv.find(byte) != std::string_view::npos) {
                segments.back() += byte;
            } else {
                segments.back() += '%';
                for (const char c : digits)
                    segments.back() += static_cast<char>(std::toupper(c));
            }
            i += 2;
        }
    }
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < segments.size(); ++i) {
        const bool last = i + 1 == segments.size();
        if (segments[i] == "..") {
            if (kept.empty()) return std::nullopt;
            kept.pop_back();
        } else if (segments[i] != ".") {
            kept.push_back(segments[i]);
            continue;
        }
        if (last) kept.emplace_back();
    }
    std::string result;
    for (const std::string& segment : kept)
        result += "/" + segment;
    return result;
}

TEST(normalise_path, agrees_with_the_plain_reference) {
    std::mt19937 random{20261120};
    constexpr std::string_view pieces[] = {
        "/", "/", ".", "..", "a", "%2e", "%2F", "%", "%61", "%00", "b", "%e9", "/."
    };
    for (int round = 0; round < 200'000; ++round) {
        std::string path = "/";
        for (std::uint32_t i = random() % 8; i > 0; --i)
            path += pieces[random() % std::size(pieces)];
        const auto expected = naive_normal(path);
        ASSERT_EQ(normal(path), expected) << path;
        ASSERT_EQ(is_normal_path(path), expected == path) << path;
        ASSERT_TRUE(!expected || is_normal_path(*expected)) << path;
    }
}

}  // namespace

}  // namespace curfew::http1
