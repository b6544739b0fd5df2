#include "cli/command_line.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/invocation.hpp"
#include "config/key_table.hpp"
#include "config/loader.hpp"
#include "config/value_text.hpp"
#include "run/log.hpp"
#include "run/run.hpp"

namespace penstock {
namespace {

constexpr const char* kSummary =
    "Carries every committed change of a PostgreSQL database into Apache Kafka, exactly once.";

constexpr const char* kFooter =
    "First steps:\n"
    "  penstock tail  postgresql:///shop                        see changes in the terminal\n"
    "  penstock check postgresql:///shop kafka://localhost:9092 see what is missing\n"
    "  penstock run   postgresql:///shop kafka://localhost:9092 carry changes\n\n"
    "Every key of the configuration is a flag (--kafka.brokers), an environment variable\n"
    "(PENSTOCK_KAFKA_BROKERS) and a line of penstock.toml; flags win over the environment, the\n"
    "environment over the file. `penstock run --help` lists them all.";

// Which places of the world a verb needs, and so which arguments and sections it takes.
enum class Needs : std::uint8_t { kNothing, kSource, kKafka, kSourceAndKafka, kRunningPipe };

struct VerbRow {
    std::string_view name;
    std::string_view under;  // The verb it is a part of; empty for the top.
    Needs needs;
    bool runs_pipe;         // Wants every limit and a complete configuration.
    bool asks;              // Takes --yes.
    std::string_view word;  // What the one argument is called; empty is none.
    Verb verb;              // Null for a verb that only has parts.
    std::string_view help;
};

constexpr VerbRow kVerbs[] = {
    {"run", "", Needs::kSourceAndKafka, true, false, "", verb_run, "carry changes until stopped"},
    {"tail", "", Needs::kSource, false, false, "", verb_tail,
     "show changes in the terminal, leaving nothing behind"},
    {"check", "", Needs::kSourceAndKafka, false, false, "", verb_check,
     "look at everything a pipe needs, and say how to mend it"},
    {"slot", "", Needs::kNothing, false, false, "", nullptr, "replication slots of the server"},
    {"list", "slot", Needs::kSource, false, false, "", verb_slot_list,
     "list them, with the WAL they hold back"},
    {"drop", "slot", Needs::kSource, false, true, "", verb_slot_drop, "drop one for good"},
    {"status", "", Needs::kSourceAndKafka, false, false, "", verb_status,
     "where the pipe stands: slot, position, what is behind"},
    {"snapshot", "", Needs::kRunningPipe, false, false, "", verb_snapshot,
     "have the running pipe publish tables as they are, or steer that"},
    {"state", "", Needs::kNothing, false, false, "", nullptr, "the state of the pipe in Kafka"},
    {"show", "state", Needs::kKafka, false, false, "", verb_state_show,
     "show the recorded position and topics"},
    {"schema", "", Needs::kNothing, false, false, "", nullptr,
     "the schemas of a table's records: .proto files or Avro"},
    {"value", "schema", Needs::kSourceAndKafka, false, false, "TABLE", verb_schema_value,
     "write that of their values"},
    {"key", "schema", Needs::kSourceAndKafka, false, false, "TABLE", verb_schema_key,
     "write that of their keys"},
    {"errors", "", Needs::kNothing, false, false, "", verb_errors,
     "list every error: name, exit code, meaning, remedy"},
    {"reference", "", Needs::kNothing, false, false, "PAGE", verb_reference,
     "write a reference page in Markdown: configuration or errors"},
    {"version", "", Needs::kNothing, false, false, "", verb_version, "show the version"},
};

// What the parser collects for one verb.
struct Collected {
    const VerbRow* row = nullptr;
    CLI::App* app = nullptr;
    std::string config_file;
    std::string url;
    std::string kafka_url;
    std::string slot;
    std::string word;
    std::vector<std::string> tables;
    std::string where;
    std::vector<std::string> actions;
    bool yes = false;
    std::vector<std::string> properties;
    std::vector<std::pair<std::string, std::string>> flags;
};

std::string_view section_of(const KeyRow& row) {
    return row.name.substr(0, row.name.find('.'));
}

bool takes_section(const VerbRow& verb, std::string_view section) {
    if (verb.needs == Needs::kNothing) return false;
    if (verb.needs == Needs::kSource) return section == "source" || section == "slot";
    if (verb.needs == Needs::kRunningPipe) {
        return section == "run" || section == "slot" || section == "topics" || section == "kafka";
    }
    if (verb.needs == Needs::kKafka) {
        return section == "kafka" || section == "topics" || section == "slot";
    }
    return verb.runs_pipe || (section != "limits" && section != "format");
}

std::string type_text(const KeyRow& row) {
    const std::string_view choices = row.choices.substr(row.choices.starts_with("|") ? 1 : 0);
    return std::string(choices.empty() ? type_name(row) : choices);
}

void add_key(Collected& collected, const KeyRow& row) {
    static const Configuration kDefaults;
    const std::string name(row.name);
    const bool truth = std::holds_alternative<bool Configuration::*>(row.place);
    std::string help(row.help);
    const std::string usual = value_text(row, kDefaults);
    if (!usual.empty()) help += " [" + usual + "]";
    auto* option = collected.app->add_option_function<std::string>(
        "--" + name,
        [&collected, name, truth](const std::string& value) {
            collected.flags.emplace_back(name, truth && value.empty() ? "true" : value);
        },
        help);
    if (truth) option->expected(0, 1);
    option->type_name(type_text(row))->group("[" + std::string(section_of(row)) + "]");
}

constexpr const char* kSnapshotFooter =
    "The stream goes on meanwhile. Examples:\n"
    "  penstock snapshot public.orders public.items --wait\n"
    "  penstock snapshot public.orders --where \"created_at > now() - interval '1 day'\"\n"
    "  penstock snapshot --list\n"
    "  penstock snapshot --pause              all that are not done; --resume, --cancel likewise";

constexpr std::pair<const char*, const char*> kSnapshotActions[] = {
    {"list", "show the snapshots that there are and how far each one is"},
    {"pause", "stop reading these tables, or all, until --resume"},
    {"resume", "go on with these tables, or all"},
    {"cancel", "give up these tables, or all; what is published stays"},
    {"wait", "follow the progress to the end"},
};

void add_snapshot_options(Collected& collected) {
    CLI::App& app = *collected.app;
    app.footer(kSnapshotFooter);
    app.add_option("TABLE", collected.tables,
                   "schema.table, in double quotes where SQL wants them; a partitioned table means "
                   "its partitions");
    app.add_option("--where", collected.where, "only rows of this condition in SQL")
        ->type_name("SQL");
    for (const auto& [name, help] : kSnapshotActions) {
        app.add_flag_callback(
            std::string("--") + name,
            [&collected, action = std::string(name)] { collected.actions.push_back(action); },
            help);
    }
}

void add_options(Collected& collected) {
    const VerbRow& verb = *collected.row;
    CLI::App& app = *collected.app;
    app.allow_extras();
    if (!verb.word.empty()) {
        app.add_option(std::string(verb.word), collected.word, "which one")->required();
    }
    if (verb.needs == Needs::kNothing) return;
    const bool at_pipe = verb.needs == Needs::kRunningPipe;
    const bool needs_kafka = verb.needs != Needs::kSource && !at_pipe;
    if (at_pipe) add_snapshot_options(collected);
    if (verb.needs != Needs::kKafka && !at_pipe) {
        app.add_option("URL", collected.url, "the database: postgresql://user@host/database");
        if (verb.asks) {
            app.add_option("SLOT", collected.slot, "its name; alone it may stand first");
        }
    }
    if (needs_kafka) {
        app.add_option("KAFKA", collected.kafka_url, "Kafka: kafka://host:port[,...][/prefix]");
    }
    if (verb.asks) app.add_flag("--yes", collected.yes, "do not ask");
    app.add_option("--config", collected.config_file,
                   "file to read; penstock.toml of this folder if it is there and no URL is given")
        ->type_name("file");
    for (const KeyRow& row : key_table()) {
        // What a command line shows to everybody on the machine is no place for a secret.
        if (!is_secret(row) && takes_section(verb, section_of(row))) add_key(collected, row);
    }
    if (needs_kafka) {
        app.add_option("--kafka.property", collected.properties,
                       "NAME=VALUE for librdkafka; as often as needed")
            ->type_name("text")
            ->allow_extra_args(false)
            ->group("[kafka]");
    }
}

Error usage(std::string message, std::string hint = {}) {
    return {ErrorName::kUsage, std::move(message), {}, std::move(hint)};
}

// The nearest flag or verb of `app` to a word that nobody takes.
Error unrecognized(const CLI::App& app, const std::string& word) {
    std::vector<std::string> known;
    if (word.starts_with("-")) {
        for (const CLI::Option* option : app.get_options()) {
            for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
        }
    } else {
        for (const CLI::App* verb : app.get_subcommands({})) known.push_back(verb->get_name());
    }
    const std::vector<std::string_view> views(known.begin(), known.end());
    const std::string_view flag = std::string_view(word).substr(0, word.find('='));
    const std::string nearest(nearest_word(flag, views));
    return usage("unrecognized " + std::string(word.starts_with("-") ? "flag" : "word") + " \"" +
                     word + "\"",
                 nearest.empty() ? "" : "Perhaps you meant \"" + nearest + "\".");
}

std::vector<std::pair<std::string, std::string>> ours(const char* const* environment) {
    std::vector<std::pair<std::string, std::string>> found;
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view entry = *environment;
        const std::size_t equals = entry.find('=');
        if (entry.starts_with("PENSTOCK_") && equals != std::string_view::npos) {
            found.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
        }
    }
    return found;
}

// `slot drop orders`: whoever drops a slot names it, and no connection string is a plain word.
void take_slot_name(Collected& collected) {
    const bool plain = collected.url.find_first_of(":/=") == std::string::npos;
    const bool alone = collected.row->asks && plain && collected.slot.empty();
    if (alone) collected.slot = std::exchange(collected.url, {});
    if (!collected.slot.empty()) collected.flags.emplace_back("slot.name", collected.slot);
}

Result<Configuration> configure(const Collected& collected, const char* const* environment) {
    ConfigurationInput input;
    input.environment = ours(environment);
    input.flags = collected.flags;
    if (!collected.config_file.empty()) {
        input.file = collected.config_file;
    } else if (collected.url.empty() && collected.kafka_url.empty() &&
               ::access("penstock.toml", F_OK) == 0) {
        input.file = "penstock.toml";
    }
    for (const std::string& property : collected.properties) {
        const std::size_t equals = property.find('=');
        if (equals == std::string::npos) {
            return Failure(usage("cannot use --kafka.property: NAME=VALUE is expected"));
        }
        input.flags.emplace_back("kafka.properties." + property.substr(0, equals),
                                 property.substr(equals + 1));
    }
    return load_configuration(input);
}

Result<Configuration> apply_urls(Configuration configuration, const Collected& collected) {
    std::string url = collected.url;
    std::string kafka_url = collected.kafka_url;
    if (kafka_url.empty() && url.starts_with("kafka://")) std::swap(url, kafka_url);
    if (!url.empty()) configuration.source_url = Secret(url);
    if (!kafka_url.empty()) {
        if (auto done = apply_kafka_url(configuration, kafka_url); !done) {
            return Failure(done.error());
        }
    }
    return configuration;
}

std::optional<Error> call(Collected& collected, const char* const* environment) {
    if (const auto left = collected.app->remaining(); !left.empty()) {
        return unrecognized(*collected.app, left.front());
    }
    Invocation invocation;
    invocation.word = collected.word;
    invocation.tables = collected.tables;
    invocation.where = collected.where;
    invocation.actions = collected.actions;
    invocation.yes = collected.yes;
    if (collected.row->needs != Needs::kNothing) {
        take_slot_name(collected);
        auto loaded = configure(collected, environment);
        if (!loaded) return loaded.error();
        auto configuration = apply_urls(std::move(*loaded), collected);
        if (!configuration) return configuration.error();
        invocation.configuration = std::move(*configuration);
        if (collected.row->runs_pipe) {
            if (auto complete = check_for_run(invocation.configuration); !complete) {
                return complete.error();
            }
        }
        invocation.stop_fd = make_stop_fd();
        // What goes wrong is in the answer of these; what a client mutters on the way is not news.
        if (!collected.row->runs_pipe) start_log("error");
    }
    return collected.row->verb(invocation);
}

ExitCode report(const std::optional<Error>& error) {
    if (!error) return ExitCode::kDone;
    std::fputs((to_text(*error) + "\n").c_str(), stderr);
    return error->exit_code();
}

// One parser for each row of the table; parts hang under the verb they belong to.
std::vector<std::unique_ptr<Collected>> add_verbs(CLI::App& app) {
    std::vector<std::unique_ptr<Collected>> verbs;
    for (const VerbRow& row : kVerbs) {
        CLI::App* const above =
            row.under.empty() ? &app : app.get_subcommand(std::string(row.under));
        auto collected = std::make_unique<Collected>();
        collected->row = &row;
        collected->app = above->add_subcommand(std::string(row.name), std::string(row.help));
        if (row.verb != nullptr) {
            add_options(*collected);
        } else {
            collected->app->allow_extras()->require_subcommand(0, 1);
        }
        verbs.push_back(std::move(collected));
    }
    return verbs;
}

}  // namespace

ExitCode run_command_line(int argc, const char* const* argv, const char* const* environment) {
    CLI::App app(kSummary, "penstock");
    app.footer(kFooter);
    app.allow_extras();
    app.get_formatter()->column_width(46);
    const auto verbs = add_verbs(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        std::fputs(app.help().c_str(), stdout);
        return ExitCode::kDone;
    } catch (const CLI::ParseError& problem) {
        return report(usage("cannot read the command line: " + std::string(problem.what())));
    }
    const CLI::App* deepest = &app;
    for (const auto& collected : verbs) {
        if (!collected->app->parsed()) continue;
        deepest = collected->app;
        if (collected->row->verb != nullptr) return report(call(*collected, environment));
    }
    if (const auto left = deepest->remaining(); !left.empty()) {
        return report(unrecognized(*deepest, left.front()));
    }
    std::fputs(deepest->help().c_str(), stderr);
    return ExitCode::kUsage;
}

}  // namespace penstock
