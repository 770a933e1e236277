#include "document.hpp"
#include "key.hpp"
#include "sheet.hpp"
#include "toml_text.hpp"
#include <curfew/policy/duration_text.hpp>
#include <curfew/policy/edit.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace curfew::policy {

namespace {

using words = std::vector<std::string>;

problem complain(const sources& from, const time_edit& what, std::string sentence) {
    problem made;
    made.code = errc::bad_usage;
    made.origin = made.file = from.file_name;
    made.sentence = std::move(sentence);
    made.hint = "by hand: `" + what.key + "` = \"" + format_duration(what.value) + '"';
    return made;
}

words split(std::string_view dotted) {
    words made;
    while (!dotted.empty()) {
        const auto dot = std::min(dotted.find('.'), dotted.size());
        made.emplace_back(dotted.substr(0, dot));
        dotted.remove_prefix(std::min(dot + 1, dotted.size()));
    }
    return made;
}

const node* child_of(const node& in, std::string_view name) {
    const auto found = std::ranges::find(in.children, name, &node::name);
    return found == in.children.end() ? nullptr : &*found;
}

const node* listed(const node& root, const record_kind& kind, std::string_view name) {
    const auto* list = child_of(root, kind.name);
    if (list == nullptr || list->what != node::shape::tables) return nullptr;
    const auto found = std::ranges::find_if(list->children, [&](const node& each) {
        return route_name(each) == name;
    });
    return found == list->children.end() ? nullptr : &*found;
}

/// A key's way through the document: the deepest table that is there, and what is left of the way.
struct way {
    const node* table = nullptr;
    const node* value = nullptr;  ///< none: it does not stand there
    words left;                   ///< from the table on
    words whole;                  ///< from the root, or from its element of a list
};

way follow(const node& root, const key_path& to) {
    way made;
    words names = split(to.which->tail());
    const node* at = &root;
    const auto* kind = to.which->kind();
    if (kind != nullptr && kind->is_listed) {
        at = listed(root, *kind, to.name);
    } else if (kind != nullptr) {
        names.insert(names.begin(), {std::string{kind->name}, std::string{to.name}});
    }
    made.whole = names;
    for (std::size_t i = 0; at != nullptr && i < names.size(); ++i) {
        made.table = at;
        made.left.assign(names.begin() + static_cast<std::ptrdiff_t>(i), names.end());
        const node* next = child_of(*at, names[i]);
        const bool is_value = next != nullptr && next->what == node::shape::value;
        made.value = is_value && i + 1 == names.size() ? next : nullptr;
        at = is_value ? nullptr : next;
    }
    return made;
}

/// What stands last in a table, without the tables below it that have a header of their own.
struct last_value {
    std::size_t key = 0;  ///< where the name of the table's own member begins
    std::size_t end = 0;  ///< behind the value
};

char sign_of(std::string_view text, const node& of) {
    const auto at = offset_of(text, of.at);
    return at < text.size() ? text[at] : '\0';
}

std::optional<last_value> last_in(std::string_view text, const node& table) {
    std::optional<last_value> last;
    for (const auto& each : table.children) {
        const bool is_table = each.what != node::shape::value;
        const char sign = is_table ? sign_of(text, each) : '\0';
        if (is_table && sign == '[') continue;
        last_value mine{offset_of(text, each.name_at), 0};
        if (is_table && sign != '{') {
            const auto below = last_in(text, each);
            if (!below) continue;
            mine.end = below->end;
        } else {
            mine.end = end_of_value(text, offset_of(text, each.at));
        }
        if (!last || mine.end > last->end) last = mine;
    }
    return last;
}

std::string line_end_of(std::string_view text) {
    const auto first = text.find('\n');
    return first != text.npos && first > 0 && text[first - 1] == '\r' ? "\r\n" : "\n";
}

std::string joined(const words& of) {
    std::string text;
    for (const auto& each : of) {
        (text += text.empty() ? "" : ".") += each;
    }
    return text;
}

/// A new line behind the one that `at` is in.
std::string with_line(std::string text, std::size_t at, const std::string& line) {
    const auto end = line_end_of(text);
    const auto place = next_line(text, at);
    const bool open = place == text.size() && !text.ends_with('\n');
    return text.insert(place, open ? end + line : line + end);
}

std::string with_member(std::string text, const node& table, const std::string& member) {
    const auto last = last_in(text, table);
    const auto begin = offset_of(text, table.at);
    if (!last) {
        if (sign_of(text, table) == '{') return text.insert(begin + 1, ' ' + member + ' ');
        const auto line = begin_of_line(text, begin);
        return with_line(text, begin, text.substr(line, begin - line) + member);
    }
    // From the begin of the dotted key: what stands before its own name is repeated.
    const auto before = last->key == 0 ? text.npos : text.find_last_of("\n{,", last->key - 1);
    const bool on_a_line = before == text.npos || text[before] == '\n';
    const auto expression = before == text.npos ? 0 : before + 1;
    const auto prefix = text.substr(expression, last->key - expression);
    if (on_a_line) return with_line(text, last->end, prefix + member);
    const auto dotted = prefix.substr(std::min(prefix.find_first_not_of(" \t"), prefix.size()));
    return text.insert(last->end, ", " + dotted + member);
}

std::string with_section(std::string text, const words& path, const std::string& member) {
    const auto end = line_end_of(text);
    if (!text.empty() && !text.ends_with('\n')) text += end;
    if (!text.empty()) text += end;
    return text + '[' + joined({path.begin(), path.end() - 1}) + ']' + end + member + end;
}

/// Every value by its path, and how many tables each array has.
void flatten(const node& of, const std::string& path, std::map<std::string, std::string>& to);

void flatten(const literal& of, const std::string& path, std::map<std::string, std::string>& to) {
    to[path] = std::to_string(static_cast<int>(of.what)) + of.text;
    for (std::size_t i = 0; i < of.items.size(); ++i) {
        flatten(of.items[i], path + '/' + std::to_string(i), to);
    }
}

void flatten(const node& of, const std::string& path, std::map<std::string, std::string>& to) {
    if (of.what == node::shape::value) return flatten(of.value, path, to);
    if (of.what == node::shape::tables) to[path] = std::to_string(of.children.size());
    for (std::size_t i = 0; i < of.children.size(); ++i) {
        const auto& each = of.children[i];
        flatten(each, path + '/' + (each.name.empty() ? std::to_string(i) : each.name), to);
    }
}

/// Whether `after` says what `before` says, but for one value.
bool differs_in_one(const node& before, const std::string& after_text, const std::string& value) {
    const auto after = parse_document(after_text);
    if (!after) return false;
    std::map<std::string, std::string> was;
    std::map<std::string, std::string> is;
    flatten(before, "", was);
    flatten(*after, "", is);
    std::size_t different = 0;
    for (const auto& [path, told] : is) {
        const auto found = was.find(path);
        if (found != was.end() && found->second == told) continue;
        ++different;
        if (told != std::to_string(static_cast<int>(literal::kind::string)) + value) return false;
    }
    const auto gone = [&](const auto& each) { return !is.contains(each.first); };
    return different <= 1 && std::ranges::none_of(was, gone);
}

/// The section in which the key is edited: the environment's, if the key stands there.
way find_way(const node& root, const sources& from, const key_path& to) {
    const auto* all = child_of(root, "env");
    const auto name = from.environment.empty() ? "development" : from.environment;
    const auto* own = all != nullptr ? child_of(*all, name) : nullptr;
    if (own != nullptr) {
        way there = follow(*own, to);
        if (there.value != nullptr) return there;
    }
    return follow(root, to);
}

std::expected<std::string, problem> set_one(const sources& from, const time_edit& what) {
    const auto root = parse_document(from.file_text);
    const auto to = resolve(what.key);
    if (!root || !to) return std::unexpected{complain(from, what, "there is no such key")};
    const auto value = format_duration(what.value);
    const way found = find_way(*root, from, *to);
    std::string text = from.file_text;
    if (found.value != nullptr) {
        const auto begin = offset_of(text, found.value->at);
        const char quote = begin < text.size() && text[begin] == '\'' ? '\'' : '"';
        text.replace(begin, end_of_value(text, begin) - begin, quote + value + quote);
    } else if (found.table == nullptr) {
        const std::string kind{to->which->kind()->name};
        return std::unexpected{
            complain(from, what, "it has no [[" + kind + "]] `" + std::string{to->name} + '`')
        };
    } else if (found.table == &*root) {
        text =
            with_section(std::move(text), found.whole, found.whole.back() + " = \"" + value + '"');
    } else {
        text =
            with_member(std::move(text), *found.table, joined(found.left) + " = \"" + value + '"');
    }
    if (!differs_in_one(*root, text, value)) {
        return std::unexpected{complain(
            from, what, "there is no place where `" + what.key + "` could be written safely"
        )};
    }
    return text;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> all;
    for (std::size_t at = 0; at < text.size();) {
        const auto next = next_line(text, at);
        std::string line{text.substr(at, next - at)};
        while (line.ends_with('\n') || line.ends_with('\r'))
            line.pop_back();
        all.push_back(std::move(line));
        at = next;
    }
    return all;
}

/// An edit changes one line or adds some in one place.
void note_lines(std::string_view before, std::string_view after, std::vector<changed_line>& to) {
    const auto was = lines_of(before);
    const auto is = lines_of(after);
    const auto added = is.size() - was.size();
    const auto first = static_cast<std::size_t>(std::ranges::mismatch(was, is).in2 - is.begin());
    for (auto& each : to) {
        each.line += each.line > first ? added : 0;
    }
    for (std::size_t i = first; i < first + std::max<std::size_t>(added, 1) && i < is.size(); ++i) {
        to.push_back({i + 1, added == 0 ? std::optional{was[i]} : std::nullopt, is[i]});
    }
    std::ranges::sort(to, {}, &changed_line::line);
}

/// Why a text that was edited must not stand; nothing: it may.
std::optional<problem> refuse(const sources& edited, const time_edit& what) {
    const auto made = load(edited);
    if (!made.snapshot) return made.problems.front();
    const auto why = made.explain(what.key);
    if (!why) return why.error();
    if (why->value == '"' + format_duration(what.value) + '"') return std::nullopt;
    return complain(
        edited,
        what,
        "`" + what.key + "` in it has no effect: " + why->statements.back().origin + " says " +
            why->value
    );
}

}  // namespace

edited_file set_times(const sources& from, std::span<const time_edit> edits) {
    sources now = from;
    edited_file made;
    for (const auto& each : edits) {
        auto text = set_one(now, each);
        if (!text) {
            made.refused.push_back({each, std::move(text.error())});
            continue;
        }
        sources next = now;
        next.file_text = *std::move(text);
        if (auto why = refuse(next, each)) {
            made.refused.push_back({each, *std::move(why)});
            continue;
        }
        note_lines(now.file_text, next.file_text, made.lines);
        now = std::move(next);
    }
    made.text = std::move(now.file_text);
    return made;
}

}  // namespace curfew::policy
