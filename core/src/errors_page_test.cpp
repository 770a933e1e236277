#include <curfew/core/errors_page.hpp>
#include <curfew/core/failure.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace curfew {
namespace {

constexpr auto path = CURFEW_SOURCE_ROOT "/docs/errors.md";

TEST(errors_page, the_page_in_docs_is_what_the_table_says) {
    const std::string page = render_errors_markdown();
    if (std::getenv("CURFEW_UPDATE") != nullptr) {
        std::ofstream{path} << page;
    }
    std::ifstream file{path};
    const std::string kept{std::istreambuf_iterator{file}, {}};
    EXPECT_EQ(kept, page) << "run core_test with CURFEW_UPDATE=1 and commit " << path;
}

TEST(errors_page, each_code_has_one_row_with_an_anchor) {
    const std::string page = render_errors_markdown();
    for (const errc_entry& entry : errc_table()) {
        const std::string anchor = "<a id=\"" + std::string{entry.id} + "\">";
        const auto found = page.find(anchor);
        ASSERT_NE(found, page.npos) << entry.id;
        EXPECT_EQ(page.find(anchor, found + 1), page.npos) << entry.id;
    }
    const auto rows = std::ranges::count(page, '|');
    EXPECT_EQ(rows % 8, 0) << "a cell holds a bar that would end it";
}

}  // namespace
}  // namespace curfew
