#include "tests/support/hostile_school.hpp"

#include <Poco/Net/Context.h>
#include <Poco/Net/SecureStreamSocket.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/URI.h>
#include <fmt/core.h>
#include <signal.h>

#include <atomic>
#include <fstream>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "etl/value.hpp"
#include "jobs/simulator/tls_certificates.hpp"

namespace test_support {
namespace {

using Place = HostileAnswer::Place;
using Then = HostileAnswer::Then;
using Poco::Net::StreamSocket;

std::string yesterday() {
    return etl::format_day(etl::Zone("Europe/Moscow").today(etl::system_clock()->now()) -
                           std::chrono::days{1});
}

// What a request asks for.
struct Line {
    std::string path, text;  // text: the query and the body
    [[nodiscard]] std::string value(const std::string& name) const {
        const auto at = text.find(name + "=");
        if (at == std::string::npos) return {};
        const auto begin = at + name.size() + 1;
        std::string decoded;
        Poco::URI::decode(text.substr(begin, text.find('&', begin) - begin), decoded);
        return decoded;
    }
};

std::optional<Line> read_request(StreamSocket& socket) {
    std::string head;
    std::size_t end = std::string::npos, wanted = 0;
    char piece[8192];
    while (end == std::string::npos || head.size() < end + 4 + wanted) {
        const int count = socket.receiveBytes(piece, sizeof piece);
        if (count <= 0) return std::nullopt;
        head.append(piece, static_cast<std::size_t>(count));
        if (end != std::string::npos) continue;
        end = head.find("\r\n\r\n");
        const auto length = head.find("Content-Length: ");
        if (length != std::string::npos && length < end)
            wanted = std::stoul(head.substr(length + 16));
    }
    const auto path = head.find(' ') + 1;
    const std::string target = head.substr(path, head.find(' ', path) - path);
    const auto query = target.find('?');
    return Line{
        target.substr(0, query),
        (query == std::string::npos ? "" : target.substr(query + 1)) + "&" + head.substr(end + 4)};
}

bool send_all(StreamSocket& socket, const std::string& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const int count = socket.sendBytes(
            bytes.data() + at, static_cast<int>(std::min<std::size_t>(65536, bytes.size() - at)));
        if (count <= 0) return false;
        at += static_cast<std::size_t>(count);
    }
    return true;
}

}  // namespace

struct HostileSchool::State {
    simulator::Certificates certificates;
    Poco::Net::Context::Ptr context;
    Poco::Net::ServerSocket server{Poco::Net::SocketAddress("127.0.0.1", 0)};
    std::mutex mutex;
    int nights = 0;
    std::string extra_headings, extra_cells, day = yesterday();
    std::optional<HostileAnswer> answer;
    Place place = Place::poll;
    int given = 0, given_of_this = 0;
    int next_id = 0;
    std::map<std::string, std::string> exports;  // id -> resource
    std::list<std::jthread> talks;
    std::jthread accepting;

    [[nodiscard]] std::string table(const std::string& resource) const;
    [[nodiscard]] std::string good(const Line& line, Place& at);
    std::optional<HostileAnswer> hostile(Place at);
    void talk(StreamSocket socket, const std::stop_token& stop);
    void finish(StreamSocket& socket, const HostileAnswer& how, const std::stop_token& stop);
    void accept(const std::stop_token& stop);
};

std::string HostileSchool::State::table(const std::string& resource) const {
    std::string fields, items;
    const std::string date = day + " 12:00:00";
    for (int n = 1; n <= nights + 3; ++n) {
        const std::string comma = n == 1 ? "" : ",";
        if (resource == "deals")
            items +=
                comma +
                fmt::format(R"(["9120{:05}","{}","66200{:04}","Анна","a{}@example.com","{}","{}",)"
                            R"("Курс {}","Завершен","{}.10","{}.10","RUB","заметка"{}])",
                            n, 5000 + n, n, n, date, date, n, 100 * n, 100 * n, extra_cells);
        else if (resource == "users")
            items +=
                comma + fmt::format(R"(["66200{:04}","a{}@example.com","{}","Анна"])", n, n, date);
        else
            items += comma + fmt::format(R"(["7{:05}","{}","{}","Получен","{}.10 руб."])", n,
                                         5000 + n, date, 100 * n);
    }
    if (resource == "deals")
        fields = R"("ID заказа","Номер","ID пользователя","Пользователь","Email","Дата создания",)"
                 R"("Дата оплаты","Состав заказа","Статус","Стоимость, RUB","Оплачено","Валюта",)"
                 R"("Заметка")" +
                 extra_headings;
    else if (resource == "users")
        fields = R"("id","Email","Создан","Имя")";
    else
        fields = R"("Номер","Заказ","Дата создания","Статус","Сумма")";
    return R"({"success":true,"info":{"fields":[)" + fields + R"(],"items":[)" + items +
           R"(]},"error_message":"","error":false})";
}

std::string HostileSchool::State::good(const Line& line, Place& at) {
    const std::string last = line.path.substr(line.path.rfind('/') + 1);
    if (line.path.find("/account/") == std::string::npos) {
        at = Place::import;
        return R"({"success":true,"action":"add","result":{"success":true,"user_id":662000001,)"
               R"("user_status":"updated","deal_id":912000001,"deal_number":5001,)"
               R"("error_message":"","error":false}})";
    }
    if (line.path.find("/exports/") != std::string::npos) {
        const auto found = exports.find(last);
        at = found != exports.end() && found->second == "deals" ? Place::poll : Place::connection;
        if (found == exports.end())
            return R"({"success":false,"error_message":"Объект не найден","error":true})";
        return table(found->second);
    }
    if (last == "groups") {
        at = Place::groups;
        return R"({"success":true,"info":[{"id":4512019,"name":"Поток","last_added_at":""}]})";
    }
    if (last == "fields") {
        at = Place::fields;
        return R"({"success":true,"info":[]})";
    }
    at = last == "deals" ? Place::start : Place::connection;
    const std::string id = std::to_string(68000000 + next_id++);
    // Every row was made yesterday: other days are empty.
    const auto bound = [&](const char* name) {
        for (const std::string filter : {"created_at", "status_changed_at", "payed_at"})
            for (const char* form : {"[", "%5B"}) {
                const std::string value =
                    line.value(filter + form + name + (*form == '[' ? "]" : "%5D"));
                if (!value.empty()) return value;
            }
        return std::string();
    };
    const std::string from = bound("from"), to = bound("to");
    const bool has = (from.empty() || from <= day) && (to.empty() || to >= day);
    exports[id] = has ? last : "none of " + last;
    return R"({"success":true,"info":{"export_id":)" + id + "}}";
}

std::optional<HostileAnswer> HostileSchool::State::hostile(Place at) {
    const std::lock_guard guard(mutex);
    if (!answer || place != at || given_of_this >= answer->times) return std::nullopt;
    ++given;
    ++given_of_this;
    return answer;
}

void HostileSchool::State::finish(StreamSocket& socket, const HostileAnswer& how,
                                  const std::stop_token& stop) {
    switch (how.then) {
        case Then::close:
        case Then::no_handshake:
            socket.shutdownSend();
            break;
        case Then::reset:
            socket.setLinger(true, 0);
            break;
        case Then::hold:
            while (!stop.stop_requested())
                if (socket.poll(Poco::Timespan(0, 20000), Poco::Net::Socket::SELECT_READ)) {
                    char byte = 0;
                    if (socket.receiveBytes(&byte, 1) <= 0) break;
                }
            break;
        case Then::drip:
        case Then::drip_no_handshake:
        case Then::pour:
            while (!stop.stop_requested() && send_all(socket, how.more))
                if (how.then != Then::pour)
                    std::this_thread::sleep_for(
                        std::chrono::milliseconds{20});  // the server's own rhythm
            break;
    }
}

void HostileSchool::State::talk(StreamSocket socket, const std::stop_token& stop) {
    try {
        socket.setReceiveTimeout(Poco::Timespan(10, 0));
        if (const auto how = hostile(Place::connection)) {
            if (how->then != Then::no_handshake && how->then != Then::drip_no_handshake &&
                how->then != Then::hold)
                socket = Poco::Net::SecureStreamSocket::attach(socket, context);
            if (how->bytes) send_all(socket, how->bytes({}));
            finish(socket, *how, stop);
            socket.close();
            return;
        }
        socket = Poco::Net::SecureStreamSocket::attach(socket, context);
        const auto line = read_request(socket);
        if (!line) return;
        Place at = Place::connection;
        std::string body;
        {
            const std::lock_guard guard(mutex);
            body = good(*line, at);
        }
        const auto how = at == Place::connection ? std::nullopt : hostile(at);
        const HostileAnswer::Asked asked{line->value("key"), body};
        send_all(socket, how ? how->bytes(asked) : http(body));
        if (how && how->rest) {
            how->meanwhile();
            send_all(socket, how->rest(asked));
        }
        finish(socket, how.value_or(HostileAnswer{}), stop);
        socket.close();
    } catch (const Poco::Exception&) {  // the client has gone: that is the test
    }
}

void HostileSchool::State::accept(const std::stop_token& stop) {
    while (!stop.stop_requested())
        if (server.poll(Poco::Timespan(0, 20000), Poco::Net::Socket::SELECT_READ))
            talks.emplace_back([this, socket = server.acceptConnection()](
                                   const std::stop_token& over) { talk(socket, over); });
}

HostileSchool::HostileSchool(const std::filesystem::path& dir) : state_(std::make_unique<State>()) {
    signal(SIGPIPE, SIG_IGN);
    state_->certificates = simulator::make_certificates(dir);
    state_->context = new Poco::Net::Context(
        Poco::Net::Context::TLS_SERVER_USE, state_->certificates.key.string(),
        state_->certificates.certificate.string(), "", Poco::Net::Context::VERIFY_NONE);
    state_->accepting = std::jthread([this](const std::stop_token& stop) { state_->accept(stop); });
}

HostileSchool::~HostileSchool() {
    state_->accepting.request_stop();
    state_->accepting.join();
    state_->talks.clear();  // stops and joins each
}

std::string HostileSchool::url() const {
    return "https://localhost:" + std::to_string(state_->server.address().port());
}
std::filesystem::path HostileSchool::ca_file() const { return state_->certificates.ca; }

std::string HostileSchool::next_night() {
    const std::lock_guard guard(state_->mutex);
    const int n = ++state_->nights + 3;
    const int hundreds = 100 * n * (n + 1) / 2 + n / 10;  // of the sum 100.10 + 200.10 + …
    const std::string sum = fmt::format("{}.{}0", hundreds, n % 10);
    return fmt::format("{} {} {} 1", n, sum, n);
}

std::string HostileSchool::people() const { return std::to_string(state_->nights + 3); }

void HostileSchool::say(const HostileAnswer& answer) { say(answer, answer.place); }
void HostileSchool::say(const HostileAnswer& answer, HostileAnswer::Place place) {
    const std::lock_guard guard(state_->mutex);
    state_->answer = answer;
    state_->place = place;
    state_->given_of_this = 0;
}
void HostileSchool::be_good() {
    const std::lock_guard guard(state_->mutex);
    state_->answer.reset();
}
int HostileSchool::hostile_answers() const {
    const std::lock_guard guard(state_->mutex);
    return state_->given;
}
void HostileSchool::add_heading(const std::string& json_text) {
    const std::lock_guard guard(state_->mutex);
    state_->extra_headings += "," + json_text;
    state_->extra_cells += ",\"\"";
}

std::vector<std::string> HostileSchool::environment(const std::string& database_url,
                                                    const std::string& key) const {
    const std::filesystem::path home = ca_file().parent_path(), file = home / "key";
    std::ofstream(file) << key << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    return {"GCMIRROR_CONFIG=/dev/null",
            "PATH=/usr/bin:/bin",
            "HOME=" + home.string(),
            "GCMIRROR_GETCOURSE_URL=" + url(),
            "GCMIRROR_GETCOURSE_CA_FILE=" + ca_file().string(),
            "GCMIRROR_DATABASE_URL=" + database_url,
            "GCMIRROR_DATABASE_DATA_DIR=" + (home / "data").string(),
            "GCMIRROR_GETCOURSE_KEY_FILE=" + file.string(),
            "GCMIRROR_SYNC_RESOURCES=users,deals,groups",
            "GCMIRROR_BUDGET_LIMIT=100000",
            "GCMIRROR_PACING_FIRST_POLL=1ms",
            "GCMIRROR_PACING_BUSY_GAP=1ms",
            "GCMIRROR_PACING_LONGEST_GAP=30ms",
            "GCMIRROR_PACING_COOL_DOWN=20ms",
            "GCMIRROR_PACING_EXPORT_DEADLINE=200ms",
            "GCMIRROR_TIMEOUTS_CONNECT=300ms",
            "GCMIRROR_TIMEOUTS_FIRST_BYTE=300ms",
            "GCMIRROR_TIMEOUTS_STALL=200ms"};
}

std::string http(const std::string& body, const std::string& status, const std::string& headers,
                 const std::string& type) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type + "\r\n" + headers +
           "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" +
           body;
}

}  // namespace test_support
