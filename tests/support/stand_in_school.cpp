#include "tests/support/stand_in_school.hpp"

namespace test_support {
namespace {

// A cell as it stands in the body; one that is a list goes as it is.
std::string quoted(const std::string& text) {
    if (text.starts_with("[\"")) return text;
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

class Wire final : public etl::Transport {
public:
    explicit Wire(StandInSchool& school) : school_(school) {}
    etl::Response send(const etl::Request& request, etl::BodySink& sink, std::stop_token,
                       std::chrono::steady_clock::time_point) override {
        const std::string body = school_.respond(request);
        etl::Response response;
        response.sent = true;
        response.status = 200;
        response.content_type = "application/json; charset=utf-8";
        response.bytes = body.size();
        sink.begin(response);
        (void)sink.write(body);
        return response;
    }

private:
    StandInSchool& school_;
};

}  // namespace

std::unique_ptr<etl::Transport> StandInSchool::transport() { return std::make_unique<Wire>(*this); }

std::string StandInSchool::table(const Start& start) const {
    const std::vector<std::string>& columns = headings.at(start.table);
    std::string fields, items;
    for (const std::string& heading : columns)
        fields += (fields.empty() ? "" : ",") + quoted(heading);
    const auto found = rows.find(start.table);
    if (found != rows.end())
        for (const auto& [name, row] : found->second) {
            if (!start.filter.empty()) {
                const auto day = row.days.find(start.filter);
                if (day == row.days.end()) continue;
                if (!start.from.empty() && day->second < start.from) continue;
                if (!start.to.empty() && day->second > start.to) continue;
            }
            std::string cells;
            for (const std::string& heading : columns) {
                const auto cell = row.cells.find(heading);
                cells += (cells.empty() ? "" : ",") +
                         quoted(cell == row.cells.end() ? std::string() : cell->second);
            }
            items += (items.empty() ? "[" : ",[") + cells + "]";
        }
    return "{\"success\":true,\"info\":{\"fields\":[" + fields + "],\"items\":[" + items + "]}}";
}

std::string StandInSchool::respond(const etl::Request& request) {
    const std::string last = request.path.substr(request.path.rfind('/') + 1);
    if (request.path.find("/exports/") != std::string::npos) {
        Start* polled = nullptr;
        for (Start& start : starts)
            if (start.export_id == last) polled = &start;
        if (polled != nullptr) ++polled->polls;
        if (answer)
            if (const auto given = answer(request.path, polled)) return *given;
        const auto file = files_.find(last);
        return file != files_.end()
                   ? file->second
                   : "{\"success\":false,\"error_message\":\"Объект не найден\",\"error\":true}";
    }
    if (last == "groups" || last == "fields") {
        ++lists;
        if (answer)
            if (const auto given = answer(request.path, nullptr)) return *given;
        return "{\"success\":true,\"info\":[]}";
    }
    Start start;
    start.table = last;
    if (const auto group = request.path.find("/groups/"); group != std::string::npos)
        start.table = request.path.substr(group + 1);
    for (const etl::Fields* fields : {&request.query, &request.form})
        for (const auto& [name, value] : *fields)
            if (const auto bracket = name.find('['); bracket != std::string::npos) {
                start.filter = name.substr(0, bracket);
                (name.substr(bracket) == "[from]" ? start.from : start.to) = value;
            }
    start.export_id = std::to_string(67000000 + next_id_++);
    if (repeat)
        if (const auto again = repeat(start)) start.export_id = *again;
    starts.push_back(start);
    if (answer)
        if (const auto given = answer(request.path, &starts.back())) return *given;
    files_.try_emplace(start.export_id, table(start));
    return "{\"success\":true,\"info\":{\"export_id\":" + start.export_id + "}}";
}

etl::Config stand_in_config(const etl::Config::Database& database) {
    using namespace std::chrono_literals;
    etl::Config config;
    config.getcourse.account = "stand-in";
    config.key = etl::Secret("stand-in-key");
    config.database = database;
    config.budget.limit = 100000;
    config.pacing.first_poll = 1ms;
    config.pacing.busy_gap = 1ms;
    config.pacing.longest_gap = 2ms;
    config.pacing.cool_down = 2ms;
    return config;
}

}  // namespace test_support
