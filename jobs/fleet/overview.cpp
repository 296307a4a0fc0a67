#include "jobs/fleet/overview.hpp"

#include <Poco/JSON/Array.h>
#include <Poco/JSON/Object.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <tuple>

#include "jobs/output/words.hpp"

namespace jobs::fleet {
namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Array;
using Poco::JSON::Object;
using Reason = Judgement::Reason;

constexpr std::array kWorstFirst = {"left_out", "down", "unreachable", "red", "amber", "unread"};
constexpr int kFailing = 2;  // a single fall is mended before anybody reads of it

// What a reason's code says of several schools at once.
std::string kind_of(const std::string& code) {
    static const std::map<std::string, std::string> kinds = {
        {"left_out", "their files are wrong"},
        {"down", "their processes do not stay up"},
        {"unreachable", "their databases do not answer"},
        {"failed", "the last run failed"},
        {"partial", "the last run brought only a part"},
        {"late", "the run has not begun in time"},
        {"missed", "runs never came"},
        {"amber", "cells or rows could not be read"},
        {"refused", "bodies were set aside"},
        {"stale", "the numbers are too old"},
        {"never", "a table was never read"},
        {"unbalanced", "an account does not balance"},
        {"empty", "exports came without rows"},
        {"foreign_budget", "other tools spend the budget"},
        {"at_limit", "the account is at its limit"},
        {"unclear_changes", "sent changes are not confirmed"}};
    const auto found = kinds.find(code);
    return found == kinds.end() ? "something needs a look" : found->second;
}

Reason own(const char* code, Level level, const std::string& text) {
    return {code, "", level, text, words::sentence(text, true)};
}

std::size_t rank_of(const Row& row) {
    const std::string trouble = trouble_of(row);
    return static_cast<std::size_t>(std::find(kWorstFirst.begin(), kWorstFirst.end(), trouble) -
                                    kWorstFirst.begin());
}

Object hand_json(const Reason& reason) {
    Object item;
    item.set("code", reason.code);
    item.set("level", std::string(name_of(reason.level)));
    item.set("en", reason.en);
    item.set("ru", reason.ru);
    return item;
}

Var moment(const std::optional<etl::Instant>& at) {
    return at && *at != etl::Instant{} ? Var(etl::format_instant(*at)) : Var();
}

Object process_json(const Running& running) {
    Object process;
    process.set("state", running.state);
    process.set("since", moment(running.since));
    process.set("starts", running.starts);
    process.set("failures", running.failures);
    process.set("note", running.note);
    if (running.state == "waiting") process.set("until", moment(running.until));
    return process;
}

Object budget_json(const Seen& seen) {
    Object budget;
    budget.set("limit", seen.limit);
    budget.set("used", seen.used);
    budget.set("free", seen.free);
    return budget;
}

Object row_json(const Row& row) {
    const School& school = row.running.school;
    const Seen& seen = row.seen;
    const bool known = seen.unreachable.empty() && seen.at != etl::Instant{};
    Object item;
    item.set("school", school.name);
    const bool named =
        !school.config.getcourse.account.empty() || !school.config.getcourse.url.empty();
    item.set("account", named ? school.config.base_url() : "");
    item.set("listen", school.error.empty() ? school.config.serve_listen : "");
    item.set("tls", !school.config.serve_certificate_file.empty());
    item.set("zone", school.config.getcourse.time_zone);
    item.set("trouble", trouble_of(row));
    if (!row.running.state.empty()) item.set("process", process_json(row.running));
    Array hands, nights;
    for (const Reason& reason : hands_of(row)) hands.add(hand_json(reason));
    for (const Night& night : seen.nights) {
        Object one;
        one.set("day", night.day);
        one.set("state", night.state);
        one.set("seconds", night.seconds);
        nights.add(one);
    }
    item.set("hands", hands);
    item.set("nights", nights);
    item.set("looked_at", moment(seen.at));
    item.set("as_of", moment(seen.as_of));
    item.set("run_state", seen.run_state);
    item.set("run_began", moment(seen.run_began));
    item.set("doing", seen.doing);
    if (known) item.set("budget", budget_json(seen));
    return item;
}

}  // namespace

std::string trouble_of(const Row& row) {
    const Running& running = row.running;
    if (!running.school.error.empty()) return "left_out";
    if (running.failures >= kFailing) return "down";
    if (row.seen.at == etl::Instant{}) return "unread";  // not looked at yet
    if (!row.seen.unreachable.empty()) return "unreachable";
    const Level level = row.seen.judgement.level;
    return std::string(name_of(level == Level::event ? Level::green : level));
}

void sort_by_trouble(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        const auto key = [](const Row& row) {
            return std::tuple(rank_of(row), row.seen.as_of.value_or(etl::Instant{}),
                              row.running.school.name);
        };
        return key(a) < key(b);
    });
}

std::vector<Reason> hands_of(const Row& row) {
    std::vector<Reason> hands;
    const Running& running = row.running;
    if (!running.school.error.empty())
        hands.push_back(own("left_out", Level::red, running.school.error));
    if (running.failures >= kFailing) hands.push_back(own("down", Level::red, running.note));
    if (!row.seen.unreachable.empty())
        hands.push_back(own("unreachable", Level::red, row.seen.unreachable));
    for (const Reason& reason : row.seen.judgement.reasons)
        if (reason.level == Level::red || reason.level == Level::amber) hands.push_back(reason);
    return hands;
}

std::vector<Group> groups_of(const std::vector<Row>& rows) {
    std::map<std::string, Group> by_code;
    for (const Row& row : rows) {
        for (const Reason& reason : hands_of(row)) {
            Group& group = by_code[reason.code];
            group.code = reason.code;
            if (reason.level == Level::red) group.level = Level::red;
            const std::string& name = row.running.school.name;
            if (group.schools.empty() || group.schools.back() != name)
                group.schools.push_back(name);
        }
    }
    std::vector<Group> groups;
    for (auto& [code, group] : by_code) {
        std::sort(group.schools.begin(), group.schools.end());
        const std::string kind = kind_of(code), names = words::first_few(group.schools);
        for (const bool russian : {false, true})
            (russian ? group.ru : group.en) =
                words::say(russian, "{} of {} schools: {} ({})", group.schools.size(), rows.size(),
                           words::sentence(kind, russian), names);
        groups.push_back(std::move(group));
    }
    std::stable_sort(groups.begin(), groups.end(), [](const Group& a, const Group& b) {
        return std::tuple(a.level != Level::red, b.schools.size()) <
               std::tuple(b.level != Level::red, a.schools.size());
    });
    return groups;
}

std::string overview_json(const std::vector<Row>& rows, etl::Instant now) {
    Array schools, groups;
    for (const Row& row : rows) schools.add(row_json(row));
    for (const Group& group : groups_of(rows)) {
        Object item;
        item.set("code", group.code);
        item.set("level", std::string(name_of(group.level)));
        item.set("count", group.schools.size());
        item.set("en", group.en);
        item.set("ru", group.ru);
        groups.add(item);
    }
    Object all;
    all.set("now", etl::format_instant(now));
    all.set("schools", schools);
    all.set("groups", groups);
    std::ostringstream out;
    all.stringify(out);
    return out.str();
}

}  // namespace jobs::fleet
