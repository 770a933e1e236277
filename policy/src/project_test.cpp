#include "loaded.hpp"
#include <curfew/policy/project.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace curfew::policy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct init : testing::Test {
    init() {
        auto name = (fs::temp_directory_path() / "curfew-project-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }

    ~init() override { fs::remove_all(folder); }

    // What is found with these files, having seen that load() accepts what is written for it.
    project found(const std::vector<std::pair<std::string, std::string>>& files) const {
        for (const auto& [name, text] : files) {
            fs::create_directories((folder / name).parent_path());
            std::ofstream{folder / name} << text;
        }
        const auto result = detect_project(folder.string());
        const auto loaded = load_text(starter_policy(result));
        EXPECT_TRUE(loaded.snapshot) << starter_policy(result);
        if (loaded.snapshot) {
            EXPECT_EQ(loaded.snapshot->backend.command, result.command);
            EXPECT_EQ(loaded.snapshot->upstreams.at(0).urls.at(0).port, result.port);
        }
        return result;
    }

    fs::path folder;
};

TEST_F(init, an_empty_folder_gives_a_guess_that_is_valid) {
    const auto result = found({});
    EXPECT_THAT(result.findings, IsEmpty());
    EXPECT_THAT(result.command, IsEmpty());
    EXPECT_EQ(result.url(), "http://127.0.0.1:8000");
}

TEST_F(init, node_is_started_only_by_its_start_script) {
    EXPECT_THAT(found({{"package.json", "{}"}}).command, IsEmpty());
    const auto result = found({{"package.json", R"({"scripts": {"start": "node ."}})"}});
    EXPECT_THAT(result.command, ElementsAre("npm", "start"));
    EXPECT_EQ(result.port, 3000);
}

TEST_F(init, fastapi_is_started_from_where_its_application_is) {
    EXPECT_THAT(found({{"requirements.txt", "fastapi\nuvicorn\n"}}).command, IsEmpty());
    EXPECT_THAT(
        found({{"app/main.py", "app = 1"}}).command,
        ElementsAre("python3", "-m", "uvicorn", "app.main:app", "--port", "8000")
    );
}

TEST_F(init, flask_and_django_are_told_apart) {
    EXPECT_EQ(found({{"pyproject.toml", "dependencies = [\"flask\"]"}}).port, 5000);
    const auto result = found({{"manage.py", ""}});
    EXPECT_EQ(result.command.at(1), "manage.py");
}

TEST_F(init, a_backend_on_the_usual_port_moves_curfew_to_the_next) {
    const auto result = found({{"go.mod", "module x"}});
    EXPECT_EQ(result.port, 8080);
    EXPECT_EQ(load_text(starter_policy(result)).snapshot->server.listen.port, 8081);
}

TEST_F(init, the_rest_of_the_list_is_known) {
    EXPECT_EQ(found({{"CMakeLists.txt", ""}}).findings.at(0).meaning, "a CMake project");
    EXPECT_EQ(found({{"pom.xml", "spring-boot"}}).command.at(0), "mvn");
    EXPECT_EQ(found({{"mvnw", ""}}).command.at(0), "./mvnw");
    EXPECT_EQ(found({{"Cargo.toml", ""}}).command.at(0), "cargo");
}

TEST_F(init, a_compose_file_tells_the_port_and_starts_the_backend_itself) {
    const auto result = found({
        {"package.json", R"({"scripts": {"start": "node ."}})"},
        {"compose.yaml",
         "services:\n  db:\n    ports:\n      - \"5432:5432\"\n  web:\n    ports:\n"
         "      - '127.0.0.1:8888:80/tcp'  # web\n"},
    });
    EXPECT_EQ(result.port, 8888);
    EXPECT_THAT(result.command, IsEmpty());
    EXPECT_THAT(result.findings, SizeIs(2));
}

TEST_F(init, a_compose_file_without_a_port_of_its_own_changes_nothing) {
    for (const auto* text :
         {"", "- a", "- \"80\"", "- 5432:5432", "-", "- 99999:80", "- ${PORT}:80", "x: 80:80"}) {
        EXPECT_EQ(found({{"docker-compose.yml", text}}).port, 8000) << text;
    }
}

}  // namespace
}  // namespace curfew::policy
