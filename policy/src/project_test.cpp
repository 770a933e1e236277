#include "loaded.hpp"
#include <curfew/policy/project.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

namespace curfew::policy {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
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
            EXPECT_EQ(result.port_known, !says(result, "on which port it listens"));
        }
        return result;
    }

    static bool says(const project& of, std::string_view part) {
        return std::ranges::any_of(of.unknown, [&](const std::string& what) {
            return what.find(part) != what.npos;
        });
    }

    fs::path folder;
};

TEST_F(init, an_empty_folder_gives_a_guess_that_is_valid) {
    const auto result = found({});
    EXPECT_THAT(result.findings, IsEmpty());
    EXPECT_THAT(result.command, IsEmpty());
    EXPECT_EQ(result.url(), "http://127.0.0.1:8000");
    EXPECT_THAT(result.unknown, ElementsAre("on which port it listens; 8000 is a guess"));
    EXPECT_THAT(starter_policy(result), HasSubstr("# Not known: on which port it listens"));
}

TEST_F(init, node_is_started_only_by_its_start_script) {
    EXPECT_THAT(found({{"package.json", "{}"}}).command, IsEmpty());
    const auto result = found({{"package.json", R"({"scripts": {"start": "node ."}})"}});
    EXPECT_THAT(result.command, ElementsAre("npm", "start"));
    EXPECT_EQ(result.port, 3000);
}

TEST_F(init, the_port_of_a_start_script_is_taken_in_any_of_its_ways) {
    const std::vector<std::pair<std::string, std::uint16_t>> scripts{
        {"node server.js --port 4000", 4000},
        {"next start -p 4001", 4001},
        {"PORT=4002 node .", 4002},
        {"cross-env PORT=3000 next start --port=4003", 4003},
        {"vite preview --port \\\"4004\\\"", 4004},
        {"serve -l tcp://0.0.0.0:4005", 4005},
        {"next start -p ${PORT:-4006}", 4006},
    };
    for (const auto& [script, port] : scripts) {
        const auto result = found(
            {{"package.json",
              R"({"files": ["scripts"], "scripts": {"test": "x --port 1", "start": ")" + script +
                  "\"}}"}}
        );
        EXPECT_EQ(result.port, port) << script;
        EXPECT_TRUE(result.port_known) << script;
    }
}

TEST_F(init, the_usual_port_of_a_start_script_is_said_to_be_no_more_than_that) {
    for (const auto& [script, port] :
         {std::pair{"vite", 5173}, {"ng serve", 4200}, {"node . --port $X", 3000}}) {
        const auto result =
            found({{"package.json", std::string{R"({"scripts": {"start": ")"} + script + "\"}}"}});
        EXPECT_EQ(result.port, port) << script;
        EXPECT_FALSE(result.port_known) << script;
    }
}

TEST_F(init, the_lock_file_tells_who_runs_the_start_script) {
    const auto with_lock =
        found({{"package.json", R"({"scripts": {"start": "x"}})"}, {"yarn.lock", ""}});
    EXPECT_THAT(with_lock.command, ElementsAre("yarn", "start"));
    EXPECT_EQ(found({{"pnpm-lock.yaml", ""}}).command.at(0), "pnpm");
}

TEST_F(init, a_broken_package_json_has_no_start_script) {
    for (const auto* text :
         {"",
          "{",
          R"({"scripts)",
          R"({"scripts": {"start)",
          R"({"scripts": {"start": 1}})",
          R"({"scripts": {"a": "b" "start": "c"}})",
          R"({"start": "x"})",
          R"({"scripts": {"a\)"}) {
        EXPECT_THAT(found({{"package.json", text}}).command, IsEmpty()) << text;
    }
}

TEST_F(init, fastapi_is_started_from_where_its_application_is) {
    const auto nowhere = found({{"requirements.txt", "fastapi\nuvicorn\n"}, {"main.py", ""}});
    EXPECT_THAT(nowhere.command, IsEmpty());
    EXPECT_TRUE(says(nowhere, "where its application object is"));
    EXPECT_THAT(
        found({{"app/main.py", "from fastapi import FastAPI\napi: FastAPI = FastAPI(\n"}}).command,
        ElementsAre("python3", "-m", "uvicorn", "app.main:api", "--port", "8000")
    );
}

TEST_F(init, an_application_under_src_is_imported_from_there) {
    const auto result = found(
        {{"pyproject.toml", "dependencies = ['fastapi']"},
         {"src/shop/main.py", "import fastapi\napp = fastapi.FastAPI()\n"}}
    );
    EXPECT_THAT(
        result.command,
        ElementsAre(
            "python3", "-m", "uvicorn", "--app-dir", "src", "shop.main:app", "--port", "8000"
        )
    );
    EXPECT_EQ(found({{"src/main.py", "app = FastAPI()"}}).command.at(5), "main:app");
    // Of a package itself, it is imported from outside.
    EXPECT_EQ(found({{"src/__init__.py", ""}}).command.at(3), "src.main:app");
}

TEST_F(init, a_factory_is_called_and_a_second_application_is_named) {
    const auto result = found(
        {{"pyproject.toml", "fastapi"},
         {"shop/__init__.py", "def create_app():\n    app = FastAPI()\n    return app\n"}}
    );
    EXPECT_EQ(result.command.at(3), "shop:create_app");
    EXPECT_EQ(result.command.at(4), "--factory");
    const auto two = found({{"app.py", "app = FastAPI()"}});
    EXPECT_EQ(two.command.at(3), "app:app");
    EXPECT_TRUE(says(two, "shop/__init__.py makes one too"));
}

TEST_F(init, flask_takes_gunicorn_where_it_is_listed_and_says_so_where_it_is_not) {
    const auto plain =
        found({{"requirements.txt", "Flask==3.0\n# gunicorn\n"}, {"wsgi.py", "app = create_app()"}}
        );
    EXPECT_THAT(
        plain.command,
        ElementsAre("python3", "-m", "flask", "--app", "wsgi:app", "run", "--port", "5000")
    );
    EXPECT_EQ(plain.port, 5000);
    EXPECT_TRUE(says(plain, "how it runs in production"));
    const auto listed = found({{"requirements.txt", "Flask==3.0\ngunicorn\n"}});
    EXPECT_THAT(listed.command, ElementsAre("gunicorn", "--bind", "127.0.0.1:8000", "wsgi:app"));
    EXPECT_EQ(listed.port, 8000);
    EXPECT_THAT(listed.unknown, IsEmpty());
}

TEST_F(init, django_is_known_by_its_manage_py_alone) {
    const auto bare = found({{"manage.py", ""}});
    EXPECT_THAT(
        bare.command,
        ElementsAre("python3", "manage.py", "runserver", "--noreload", "127.0.0.1:8000")
    );
    EXPECT_TRUE(says(bare, "how it runs in production"));
    const auto served = found(
        {{"manage.py", "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings.local')"},
         {"shop/wsgi.py", ""},
         {"package.json", R"({"scripts": {"start": "x"}})"},
         {"requirements.txt", "django\ngunicorn\n"}}
    );
    EXPECT_THAT(served.command, ElementsAre("gunicorn", "--bind", "127.0.0.1:8000", "shop.wsgi"));
}

TEST_F(init, rails_is_known_beside_its_package_json) {
    const auto result = found(
        {{"Gemfile", "gem \"rails\""},
         {"bin/rails", ""},
         {"package.json", R"({"scripts": {"start": "x"}})"}}
    );
    EXPECT_EQ(result.command.at(0), "bin/rails");
    EXPECT_EQ(result.port, 3000);
    EXPECT_TRUE(result.port_known);
}

TEST_F(init, a_procfile_comes_before_everything_and_is_given_a_port) {
    const auto result = found(
        {{"Procfile", "release: x\nweb: gunicorn shop:app --bind 0.0.0.0:$PORT\r\n"},
         {"manage.py", ""}}
    );
    EXPECT_THAT(result.command, ElementsAre("gunicorn", "shop:app", "--bind", "0.0.0.0:8000"));
    EXPECT_TRUE(result.port_known);
    EXPECT_EQ(found({{"Procfile", "web: x -p ${PORT:-4000}"}}).port, 4000);
}

TEST_F(init, a_procfile_that_needs_a_shell_gets_one) {
    const auto result = found({{"Procfile", R"(web: A="b c" puma \ && true)"}});
    EXPECT_THAT(result.command, ElementsAre("sh", "-c", R"(A="b c" puma \ && true)"));
    EXPECT_TRUE(says(result, "whether it takes its port from PORT"));
    EXPECT_THAT(found({{"Procfile", "web: a\x01\xff"}}).command, IsEmpty());
    EXPECT_THAT(found({{"Procfile", "worker: a\nweb:\n"}}).command, IsEmpty());
}

TEST_F(init, a_dockerfile_tells_the_port_where_no_command_does) {
    const auto alone = found({{"Dockerfile", "FROM x\nEXPOSE 5432 4000/tcp\n"}});
    EXPECT_EQ(alone.port, 4000);
    EXPECT_TRUE(says(alone, "on which port of this machine"));
    const auto node = found({{"package.json", R"({"scripts": {"start": "node ."}})"}});
    EXPECT_EQ(node.port, 4000);
    EXPECT_THAT(node.unknown, IsEmpty());
    const auto said = found({{"package.json", R"({"scripts": {"start": "x --port 1234"}})"}});
    EXPECT_EQ(said.port, 1234);
}

TEST_F(init, a_dockerfile_may_expose_a_variable) {
    for (const auto* text :
         {"ENV PORT=4000\nEXPOSE $PORT", "ARG PORT 4000\nexpose ${PORT}", "EXPOSE ${PORT:-4000}"}) {
        EXPECT_EQ(found({{"Dockerfile", text}}).port, 4000) << text;
    }
    EXPECT_EQ(found({{"Dockerfile", "EXPOSE $PORT"}}).port, 8000);
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
    const auto crate = found({{"Cargo.toml", ""}});
    EXPECT_THAT(crate.command, IsEmpty());
    EXPECT_TRUE(says(crate, "which binary is the server"));
    EXPECT_EQ(found({{"src/main.rs", ""}}).command.at(0), "cargo");
    EXPECT_THAT(found({{"go.mod", ""}}).command, IsEmpty());
    EXPECT_EQ(found({{"main.go", ""}}).command.at(0), "go");
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

TEST_F(init, a_compose_file_is_read_in_its_long_form_and_with_defaults) {
    for (const auto* text :
         {"- target: 80\n  published: \"8085\"\n",
          "- published: 8085\n  target: 80\n",
          "- \"${PORT:-8085}:80\"",
          "- 15432:5432\n- 8085:80",
          "- target: 5432\n  published: 15432\n- target: 80\n  published: 8085\n"}) {
        EXPECT_EQ(found({{"docker-compose.yaml", text}}).port, 8085) << text;
    }
    EXPECT_TRUE(says(found({{"docker-compose.yaml", "- 1:2\n- 3:4"}}), "3 is published too"));
    EXPECT_TRUE(says(found({{"docker-compose.yaml", "- $PORT:80"}}), "that a variable decides"));
}

TEST_F(init, a_compose_file_without_a_port_of_its_own_changes_nothing) {
    for (const auto* text :
         {"", "- a", "- \"80\"", "- 5432:5432", "-", "- 99999:80", "- ${PORT}:80", "x: 80:80"}) {
        EXPECT_EQ(found({{"docker-compose.yml", text}}).port, 8000) << text;
    }
}

}  // namespace
}  // namespace curfew::policy
