#include "page_parts.hpp"

#include <curfew/load/figures.hpp>

#include <cstdio>

namespace curfew::report {
namespace {

using load::escape_markup;

double total_of(const ledger::stage_times& spent) noexcept {
    double sum = 0;
    for (const auto each : spent) {
        sum += static_cast<double>(each.count());
    }
    return sum;
}

std::string class_of(std::size_t which) {
    return "s" + std::to_string(which);
}

}  // namespace

const std::string_view stack_style = R"(
section{overflow-x:auto}
svg.bar{width:100%;height:1.1rem;display:block}
.s0{fill:#8b5cf6}.s1{fill:#d97706}.s2{fill:#b45309}.s3{fill:#0891b2}.s4{fill:#0e7490}
.s5{fill:#155e75}.s6{fill:#2563eb}.s7{fill:#9ca3af}.s8{fill:#16a34a}.s9{fill:#4f46e5}
.s10{fill:#6b7280}
svg.swatch{width:.8rem;height:.8rem;margin-right:.3rem}
)";

table::table(const std::vector<std::string>& heads) : rows_{"<thead><tr>"} {
    for (const auto& each : heads) {
        rows_ += "<th scope=\"col\">" + escape_markup(each) + "</th>";
    }
    rows_ += "</tr></thead><tbody>\n";
}

void table::add(const std::vector<std::string>& cells) {
    rows_ += "<tr>";
    for (std::size_t i = 0; i < cells.size(); ++i) {
        rows_ += (i == 0 ? "<th scope=\"row\">" : "<td>") + escape_markup(cells[i]) +
                 (i == 0 ? "</th>" : "</td>");
    }
    rows_ += "</tr>\n";
}

std::string table::markup() const {
    return "<table>" + rows_ + "</tbody></table>\n";
}

std::string section(const std::string& title, const std::string& content) {
    return "<section><h2>" + escape_markup(title) + "</h2>" + content + "</section>\n";
}

std::string left_out(std::size_t all, std::size_t shown) {
    return all > shown ? "<p class=\"note\">and " + std::to_string(all - shown) + " more</p>" : "";
}

std::string account_stack(const ledger::stage_times& spent) {
    const double total = total_of(spent);
    if (total <= 0) {
        return "";
    }
    std::string bars;
    std::string said;
    double from = 0;
    for (std::size_t i = 0; i < spent.size(); ++i) {
        const double share = static_cast<double>(spent[i].count()) / total * 100;
        if (share < 0.05) {
            continue;
        }
        char rect[96];
        std::snprintf(
            rect,
            sizeof rect,
            R"(<rect class="%s" x="%.2f" y="0" width="%.2f" height="10"/>)",
            class_of(i).c_str(),
            from,
            share
        );
        bars += rect;
        from += share;
        char figure[64];
        const auto name = std::string{to_string(static_cast<stage>(i))};
        std::snprintf(figure, sizeof figure, "%s %.1f %%", name.c_str(), share);
        said += (said.empty() ? "" : ", ") + std::string{figure};
    }
    return R"(<svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" role="img">)"
           "<title>" +
           said + "</title>" + bars + "</svg><span class=\"note\">" + said + "</span>";
}

std::string stage_key(const summary& of) {
    std::string key;
    for (std::size_t i = 0; i < ledger::stage_count; ++i) {
        bool used = false;
        for (const auto& each : of.operations) {
            used = used || each.spent[i] > duration::zero();
        }
        if (used) {
            key += R"(<span><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">)"
                   R"(<rect class=")" +
                   class_of(i) + R"(" width="10" height="10"/></svg>)" +
                   std::string{to_string(static_cast<stage>(i))} + "</span> ";
        }
    }
    return "<p class=\"key\">" + key + "</p>";
}

}  // namespace curfew::report
