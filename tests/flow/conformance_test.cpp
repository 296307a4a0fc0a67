// Requests as public clients send them (getcourse-api.md 13), played against the simulator in
// order: tests/data/conformance/client_requests.json. Each is a line of the log, with its witness.
#include <gtest/gtest.h>
#include <unistd.h>

#include <Poco/Base64Encoder.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTMLForm.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <cmath>
#include <filesystem>
#include <sstream>

#include "jobs/simulator/simulator.hpp"
#include "tests/support/data.hpp"
#include "tests/support/pattern.hpp"

using namespace std::chrono_literals;

namespace {

using Object = Poco::JSON::Object::Ptr;
using Array = Poco::JSON::Array::Ptr;
using Poco::Dynamic::Var;

std::string encoded(const std::string& text) {
    std::string out;
    Poco::URI::encode(text, "!*'();:@&=+$,/?#[]\"{} ", out);
    return out;
}

std::string base64(const std::string& text) {
    std::ostringstream out;
    Poco::Base64Encoder encoder(out);
    encoder.rdbuf()->setLineLength(0);
    encoder << text;
    encoder.close();
    return out.str();
}

std::string text_of(const Var& value) {
    if (value.isEmpty()) return {};
    if (value.isString()) return value.convert<std::string>();
    std::ostringstream out;
    Poco::JSON::Stringifier::stringify(value, out);
    return out.str();
}

// The value at "result.user_id", or "info[?last_added_at].id": of the first element that has it.
Var at(Var value, std::string path) {
    while (!path.empty() && !value.isEmpty()) {
        const auto dot = path.find('.');
        std::string step = path.substr(0, dot), having;
        path = dot == std::string::npos ? "" : path.substr(dot + 1);
        if (const auto bracket = step.find("[?"); bracket != std::string::npos) {
            having = step.substr(bracket + 2, step.size() - bracket - 3);
            step = step.substr(0, bracket);
        }
        if (value.type() != typeid(Object)) return {};
        value = value.extract<Object>()->get(step);
        if (having.empty()) continue;
        const Array list = value.extract<Array>();
        value = Var();
        for (const Var& item : *list)
            if (value.isEmpty() && !item.extract<Object>()->isNull(having)) value = item;
    }
    return value;
}

struct Answer {
    int http = 0;
    std::string body;
    [[nodiscard]] Object json() const {
        try {
            return Poco::JSON::Parser().parse(body).extract<Object>();
        } catch (const Poco::Exception&) {
            return {};
        }
    }
};

class Player {
public:
    Player() : simulator_(options()) {
        simulator_.start();
        words_ = {{"KEY", "simulator-write-key"},
                  {"READ_KEY", "simulator-read-key"},
                  {"RUN", std::to_string(getpid())}};
    }
    ~Player() {
        simulator_.stop();
        std::filesystem::remove_all(options().dir);
    }

    void play(const Object& entry) {
        entry_ = entry;
        const Object expect = entry->getObject("expect");
        std::vector<Poco::Net::StreamSocket> idle(
            static_cast<std::size_t>(entry->optValue("idle_connections", 0)));
        for (Poco::Net::StreamSocket& socket : idle)
            socket.connect(
                Poco::Net::SocketAddress("127.0.0.1", Poco::URI(simulator_.url()).getPort()));
        const auto began = std::chrono::steady_clock::now();
        const Answer answer = request(entry);
        if (expect->has("within_seconds")) {
            EXPECT_LT(std::chrono::steady_clock::now() - began,
                      std::chrono::seconds(expect->getValue<int>("within_seconds")));
        }
        check(answer, expect);
        if (const Object save = entry->getObject("save")) {
            for (const std::string& word : save->getNames())
                words_[word] = text_of(at(answer.json(), save->getValue<std::string>(word)));
        }
        if (expect->optValue<std::string>("class", "") != "started" || testing::Test::HasFailure())
            return;
        words_["EXPORT"] = text_of(at(answer.json(), "info.export_id"));
        if (pending_next_) return;  // the next entry is sent while this export is being built
        fetch(entry);
    }

    // The entry behind this one has `while_building`: the export is fetched after it.
    void hold(bool next_is_while_building) { pending_next_ = next_is_while_building; }

    void fetch(const Object& entry) {
        const bool post = entry->optValue<std::string>("poll", "") == "POST";
        const std::string path = "/pl/api/account/exports/" + words_["EXPORT"],
                          key = "key=" + words_["KEY"];
        for (int i = 0; i < 1000; ++i) {
            const Answer answer = post
                                      ? send("POST", path, "application/x-www-form-urlencoded", key)
                                      : send("GET", path + "?" + key, "", "");
            const Object json = answer.json();
            ASSERT_FALSE(json.isNull()) << answer.body.substr(0, 200);
            if (json->getValue<bool>("success")) return check_table(json->getObject("info"), entry);
            ASSERT_EQ(json->optValue("error_code", 0), 909) << answer.body.substr(0, 200);
            usleep(5000);
        }
        FAIL() << "never ready";
    }

private:
    static simulator::SimulatorOptions options() {
        simulator::SimulatorOptions options;
        options.school.users = 60;
        options.school.deals = 200;
        options.school.varied = true;
        options.build_median = 60ms;
        options.build_sigma = 0.01;
        options.limit = 100000;
        options.dir = std::filesystem::temp_directory_path() /
                      ("gcmirror-conformance-" + std::to_string(getpid()));
        return options;
    }

    std::string filled(std::string text) const {
        for (const auto& [word, value] : words_)
            for (std::size_t at; (at = text.find("{" + word + "}")) != std::string::npos;)
                text.replace(at, word.size() + 2, value);
        return text;
    }

    // A value of a query or form; an object under params goes as base64 of its JSON.
    std::string value_of(const Object& section, const std::string& name) const {
        const std::string text = filled(text_of(section->get(name)));
        return section->isObject(name) ? base64(text) : text;
    }

    std::string joined(const Object& section, bool literal_names, bool raw_values) const {
        std::string out;
        for (const std::string& name : section->getNames()) {
            const std::string value = value_of(section, name);
            out += (out.empty() ? "" : "&") + (literal_names ? name : encoded(name)) + "=" +
                   (raw_values ? value : encoded(value));
        }
        return out;
    }

    Answer request(const Object& entry) {
        std::string target = filled(entry->getValue<std::string>("path")), type, body;
        if (const Object query = entry->getObject("query")) {
            target += "?" + joined(query, entry->optValue<std::string>("brackets", "") == "literal",
                                   false);
        }
        if (const Object form = entry->getObject("form")) {
            type = "application/x-www-form-urlencoded";
            body = joined(form, false, entry->optValue("raw", false));
        }
        if (const Object json = entry->getObject("json")) {
            type = "application/json";
            body = filled(text_of(Var(json)));
        }
        if (const Object parts = entry->getObject("multipart")) {
            Poco::Net::HTMLForm form(Poco::Net::HTMLForm::ENCODING_MULTIPART);
            for (const std::string& name : parts->getNames()) form.set(name, value_of(parts, name));
            std::ostringstream written;
            form.write(written, "part-of-conformance");
            type = "multipart/form-data; boundary=\"part-of-conformance\"";
            body = written.str();
        }
        if (const Object headers = entry->getObject("headers")) {
            if (headers->has("Content-Type")) type = headers->getValue<std::string>("Content-Type");
        }
        return send(entry->getValue<std::string>("method"), target, type, body);
    }

    Answer send(const std::string& method, const std::string& target, const std::string& type,
                const std::string& body) const {
        const Poco::URI uri(simulator_.url());
        Poco::Net::Context::Ptr context = new Poco::Net::Context(
            Poco::Net::Context::TLS_CLIENT_USE, "", "", simulator_.ca_file().string());
        Poco::Net::HTTPSClientSession session(uri.getHost(), uri.getPort(), context);
        Poco::Net::HTTPRequest http(method, target, "HTTP/1.1");
        if (!type.empty()) http.setContentType(type);
        if (method == "POST") http.setContentLength(static_cast<std::streamsize>(body.size()));
        session.sendRequest(http) << body;
        Poco::Net::HTTPResponse response;
        Answer answer;
        Poco::StreamCopier::copyToString(session.receiveResponse(response), answer.body);
        answer.http = response.getStatus();
        return answer;
    }

    void check(const Answer& answer, const Object& expect) {
        EXPECT_EQ(answer.http, expect->getValue<int>("http")) << answer.body.substr(0, 300);
        const Object json = answer.json();
        const std::string kind = expect->optValue<std::string>("class", "");
        if (kind == "not_found") {
            EXPECT_TRUE(json.isNull()) << answer.body;
            return;
        }
        ASSERT_FALSE(json.isNull()) << answer.body.substr(0, 300);
        check_class(json, kind, expect->optValue("code", 0), answer.body.substr(0, 400));
        std::string message;  // wherever it stands (4.2)
        for (const char* place : {"error_message", "error", "result.error_message", "result.error"})
            if (const std::string text = text_of(at(json, place));
                message.empty() && !text.empty() && text != "true" && text != "false")
                message = text;
        if (const Array allowed = expect->getArray("message")) {
            const bool found = std::any_of(allowed->begin(), allowed->end(), [&](const Var& one) {
                return one.convert<std::string>() == message;
            });
            EXPECT_TRUE(found) << message;
        }
        if (const Array parts = expect->getArray("contains")) {
            for (const Var& part : *parts)
                EXPECT_NE(message.find(part.convert<std::string>()), std::string::npos) << message;
        }
        if (const Object is = expect->getObject("is")) {
            for (const std::string& place : is->getNames())
                EXPECT_EQ(text_of(at(json, place)), filled(text_of(is->get(place)))) << place;
        }
        if (const Array has = expect->getArray("has")) {
            for (const Var& place : *has)
                EXPECT_NE(text_of(at(json, place.convert<std::string>())), "") << answer.body;
        }
        if (const Array none = expect->getArray("none")) {
            for (const Var& place : *none)
                EXPECT_EQ(text_of(at(json, place.convert<std::string>())), "") << answer.body;
        }
    }

    static void check_class(const Object& json, const std::string& kind, int code,
                            const std::string& body) {
        const bool success = json->getValue<bool>("success");
        if (code != 0) {
            EXPECT_FALSE(success) << body;
            EXPECT_EQ(json->optValue("error_code", 0), code) << body;
            EXPECT_TRUE(json->isArray("info")) << body;
        } else if (kind == "list") {
            EXPECT_TRUE(success) << body;
            ASSERT_TRUE(json->isArray("info")) << body;
            EXPECT_NE(text_of(json->getArray("info")->getObject(0)->get("id")), "") << body;
        } else if (kind == "started") {
            EXPECT_TRUE(success) << body;
            EXPECT_TRUE(test_support::found_in(text_of(at(json, "info.export_id")), "^\\d+$"))
                << body;
        } else if (kind == "no_object") {
            EXPECT_FALSE(success) << body;
            EXPECT_FALSE(json->has("error_code")) << body;
            EXPECT_EQ(json->getValue<std::string>("error_message"), "Объект не найден");
        } else if (kind == "written") {
            EXPECT_TRUE(success) << body;
            EXPECT_EQ(text_of(at(json, "result.success")), "true") << body;
            EXPECT_NE(text_of(at(json, "result.user_id")), "") << body;
        } else if (kind == "refused_inside") {
            EXPECT_TRUE(success) << body;
            EXPECT_EQ(text_of(at(json, "result.success")), "false") << body;
            EXPECT_NE(text_of(at(json, "result.error_message")), "") << body;
        } else if (kind == "refused") {
            EXPECT_FALSE(success) << body;
            EXPECT_FALSE(json->has("info")) << body;
            EXPECT_TRUE(json->get("error").isString()) << body;
        } else {
            FAIL() << "unknown class " << kind;
        }
    }

    // The cell's column; a heading may continue with a comma ("Стоимость, RUB").
    static int column(const Array& fields, const std::string& heading) {
        for (unsigned i = 0; i < fields->size(); ++i) {
            const auto name = fields->getElement<std::string>(i);
            if (name == heading || name.rfind(heading + ", ", 0) == 0) return static_cast<int>(i);
        }
        return -1;
    }

    static bool same(std::string cell, const Var& wanted, const std::string& text) {
        if (wanted.isNumeric()) {
            cell = test_support::replaced(cell, "[^0-9.,-]|\\.$", "");
            std::replace(cell.begin(), cell.end(), ',', '.');
            return !cell.empty() && std::abs(std::stod(cell) - wanted.convert<double>()) < 0.005;
        }
        return test_support::replaced(cell, "ё", "е") == test_support::replaced(text, "ё", "е");
    }

    bool row_is(const Array& fields, const Array& row, const Object& cells) const {
        for (const std::string& heading : cells->getNames()) {
            const int at = column(fields, heading);
            if (at < 0) return false;
            const std::string cell = text_of(row->get(static_cast<unsigned>(at)));
            if (!same(cell, cells->get(heading), filled(text_of(cells->get(heading)))))
                return false;
        }
        return true;
    }

    void check_table(const Object& info, const Object& entry) {
        const Array fields = info->getArray("fields"), items = info->getArray("items");
        ASSERT_FALSE(fields.isNull());
        ASSERT_FALSE(items.isNull());
        if (const Object columns = entry->getObject("save_column")) {
            for (const std::string& word : columns->getNames()) {
                const Array what = columns->getArray(word);
                const int at = column(fields, what->getElement<std::string>(0));
                std::string list;
                int left = what->getElement<int>(1);
                for (unsigned i = 0; i < items->size() && left > 0; ++i)
                    if (const std::string cell =
                            text_of(items->getArray(i)->get(static_cast<unsigned>(at)));
                        !cell.empty())
                        list += (list.empty() ? "" : ",") + cell, --left;
                words_[word] = list;
            }
        }
        const Object table = entry->getObject("expect")->getObject("table");
        if (table.isNull()) return;
        if (const Array has = table->getArray("has")) {
            for (const Var& heading : *has)
                EXPECT_GE(column(fields, heading.convert<std::string>()), 0)
                    << heading.convert<std::string>();
        }
        if (const Array last = table->getArray("last")) {
            EXPECT_EQ(text_of(fields->get(static_cast<unsigned>(fields->size() - 1))),
                      last->getElement<std::string>(0));
        }
        EXPECT_GE(static_cast<int>(items->size()), table->optValue("min_rows", 0));
        if (const Object every = table->getObject("every")) {
            for (unsigned i = 0; i < items->size(); ++i)
                EXPECT_TRUE(row_is(fields, items->getArray(i), every)) << "row " << i;
        }
        if (const Array rows = table->getArray("rows")) {
            for (const Var& row : *rows) check_row(fields, items, row.extract<Object>());
        }
    }

    void check_row(const Array& fields, const Array& items, const Object& wanted) {
        int count = 0;
        for (unsigned i = 0; i < items->size(); ++i) {
            const Array row = items->getArray(i);
            if (!row_is(fields, row, wanted->getObject("where"))) continue;
            ++count;
            if (const Object is = wanted->getObject("is")) {
                EXPECT_TRUE(row_is(fields, row, is))
                    << text_of(Var(row)) << " is not " << filled(text_of(Var(is)));
            }
            if (const Object matches = wanted->getObject("matches")) {
                for (const std::string& heading : matches->getNames())
                    EXPECT_TRUE(test_support::found_in(
                        text_of(row->get(static_cast<unsigned>(column(fields, heading)))),
                        matches->getValue<std::string>(heading)))
                        << text_of(Var(row));
            }
        }
        EXPECT_EQ(count, wanted->optValue("count", 1)) << filled(text_of(Var(wanted)));
    }

    simulator::Simulator simulator_;
    std::map<std::string, std::string> words_;
    Object entry_;
    bool pending_next_ = false;
};

}  // namespace

TEST(Conformance, EachRequestOfAPublicClientIsAnsweredAsItsClassSays) {
    const Array entries = Poco::JSON::Parser()
                              .parse(test_support::read_data("conformance/client_requests.json"))
                              .extract<Array>();
    ASSERT_GE(entries->size(), 64u);
    Player player;
    for (unsigned i = 0; i < entries->size(); ++i) {
        const Object entry = entries->getObject(i);
        SCOPED_TRACE(entry->getValue<std::string>("name") + ", sent by " +
                     entry->getValue<std::string>("witness"));
        const bool next_while_building =
            i + 1 < entries->size() && entries->getObject(i + 1)->optValue("while_building", false);
        player.hold(next_while_building);
        player.play(entry);
        player.hold(false);
        if (entry->optValue("while_building", false)) player.fetch(entries->getObject(i - 1));
        if (HasFatalFailure()) return;
    }
}
