#include "arm.hpp"
#include "demo_result.hpp"
#include "programs.hpp"
#include <curfew/demo/demo.hpp>
#include <curfew/runtime/epoll.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace curfew::demo {
namespace {

constexpr int curfew_failed = 125;

void allow_many_connections() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
}

/// Better known now than after a minute.
bool can_write(const std::string& file) {
    return file.empty() || std::ofstream{file, std::ios::app}.is_open();
}

/// Curfew runs with its default limits: no layer of the caller's environment may change them.
void forget_overrides() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        if (text.starts_with("CURFEW_")) {
            names.emplace_back(text.substr(0, text.find('=')));
        }
    }
    for (const auto& name : names) {
        ::unsetenv(name.c_str());
    }
}

/// An empty directory of our own: no curfew.toml of the caller's changes what is shown.
class scratch_directory {
  public:
    scratch_directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "curfew-demo-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) {
            path_ = pattern;
        }
    }

    scratch_directory(const scratch_directory&) = delete;
    scratch_directory& operator=(const scratch_directory&) = delete;

    ~scratch_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_ = "/nonexistent";
};

class stage {
  public:
    explicit stage(const demo_options& options) : options_{options}, plan_{options.seed} {}

    int run() {
        shop_ = find_shop(options_.shop);
        if (shop_.empty() && options_.shop.empty()) {
            return give_up("the shop's program is not beside this one; name it with --shop");
        }
        if (shop_.empty()) {
            give_up("there is no program " + options_.shop);
            return describe(errc::command_not_found).exit_code;
        }
        if (!can_write(options_.report)) {
            return give_up("cannot write " + options_.report);
        }
        allow_many_connections();
        forget_overrides();
        const auto direct = run_direct();
        if (!direct) {
            return give_up("the direct run could not be made", direct.error());
        }
        const auto curfew = run_curfew();
        if (!curfew) {
            return give_up("the run through Curfew could not be made", curfew.error());
        }
        demo_result all{plan_, options_.seed, *direct, *curfew, {}};
        all.claims = judge_claims(plan_, *direct, *curfew);
        return present(all);
    }

  private:
    int give_up(const std::string& why) {
        std::fprintf(stderr, "curfew demo: %s\n", why.c_str());
        return curfew_failed;
    }

    int give_up(const std::string& what, const failure& why) {
        if (why.code == errc::cancelled) {
            give_up("interrupted");
            return 128 + why.detail;
        }
        return give_up(what + ": " + std::string{describe(why.code).title});
    }

    void say(const char* what) {
        if (options_.progress != nullptr) {
            std::fprintf(options_.progress, "%s\n", what);
        }
    }

    [[nodiscard]] std::vector<std::string> shop_command() const {
        return {
            shop_,
            "--port",
            std::to_string(http_.port()),
            "--control",
            std::to_string(control_.port())
        };
    }

    result<arm_result> run_direct() {
        say("direct: 160 requests a second straight to the shop, for 32 s");
        auto shop = program::start(shop_command(), scratch_.path(), options_.verbose);
        if (!shop) {
            return std::unexpected{shop.error()};
        }
        const auto ready = shop->ready_line();
        const auto http = ready ? address_in(*ready, "http=") : std::unexpected{ready.error()};
        const auto control = ready ? address_in(*ready, "control=") : http;
        if (!http || !control) {
            say("the shop did not say `ready http=ADDR control=ADDR`, as examples/shop/README.md "
                "asks of it");
            return std::unexpected{(http ? control : http).error()};
        }
        http_ = *http;
        control_ = *control;
        const auto restart = [&] {
            shop = program::start(shop_command(), scratch_.path(), options_.verbose);
        };
        arm direct{plan_, {"direct", http_, control_, restart, options_.progress}};
        auto made = direct.run();
        if (shop) {
            shop->stop();
        }
        return made;
    }

    result<arm_result> run_curfew() {
        say("curfew: the same through `curfew serve` with default limits");
        // The shop of the direct run chose its ports; by now they may be somebody else's.
        constexpr int tries = 3;
        result<arm_result> made = fail(errc::upstream_down);
        for (int i = 0; i < tries && !made && made.error().code != errc::cancelled; ++i) {
            if (i > 0 && !find_free_ports()) {
                break;
            }
            made = try_curfew();
        }
        return made;
    }

    bool find_free_ports() {
        runtime::epoll outside;
        const auto any = runtime::endpoint::of("127.0.0.1", 0);
        const auto http = outside.listen(*any, false);
        const auto control = outside.listen(*any, false);
        if (!http || !control) {
            return false;
        }
        http_ = (*http)->local();
        control_ = (*control)->local();
        return true;
    }

    result<arm_result> try_curfew() {
        std::vector<std::string> command{
            std::filesystem::canonical(options_.curfew).string(),
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--admin",
            "127.0.0.1:0",
            "--upstream",
            "http://" + http_.text(),
            "--ledger",
            scratch_.path() + "/ledger.db",
            "--"
        };
        const auto backend = shop_command();
        command.insert(command.end(), backend.begin(), backend.end());
        auto front = program::start(command, scratch_.path(), options_.verbose);
        if (!front) {
            return std::unexpected{front.error()};
        }
        const auto ready = front->ready_line();
        if (!ready) {
            return std::unexpected{ready.error()};
        }
        const auto http = address_in(*ready, "http=");
        if (!http) {
            return std::unexpected{http.error()};
        }
        arm through{plan_, {"curfew", *http, control_, {}, options_.progress}};
        auto made = through.run();
        front->stop();
        return made;
    }

    int present(const demo_result& all) {
        const auto told = options_.json ? write_json(all) : write_text(all);
        std::fputs(told.c_str(), options_.results);
        std::fflush(options_.results);
        if (!options_.report.empty()) {
            std::ofstream file{options_.report};
            file << write_page(all);
            file.close();
            if (!file) {
                return give_up("cannot write " + options_.report);
            }
            say(("report: " + options_.report).c_str());
        }
        return exit_code(all.conclusion());
    }

    const demo_options& options_;
    scenario plan_;
    scratch_directory scratch_;
    std::string shop_;
    runtime::endpoint http_ = *runtime::endpoint::parse("127.0.0.1:0");
    runtime::endpoint control_ = *runtime::endpoint::parse("127.0.0.1:0");
};

}  // namespace

int run_demo(const demo_options& options) {
    return stage{options}.run();
}

}  // namespace curfew::demo
