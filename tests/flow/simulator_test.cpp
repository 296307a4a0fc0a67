// The simulator against the contract (getcourse-api.md), by a client of its own: not one line of
// gcmirror's api or runner.
#include "jobs/simulator/simulator.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <Poco/Base64Encoder.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <Poco/Net/Context.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/HTTPSClientSession.h>
#include <Poco/StreamCopier.h>
#include <Poco/URI.h>

#include <filesystem>
#include <memory>
#include <set>
#include <sstream>

using namespace std::chrono_literals;
using Object = Poco::JSON::Object::Ptr;

namespace {

class Contract : public testing::Test {
protected:
    explicit Contract(simulator::Duration build = 40ms)
        : simulator_(std::make_unique<simulator::Simulator>(options(build))) {
        simulator_->start();
    }
    ~Contract() override {
        simulator_->stop();
        std::filesystem::remove_all(options({}).dir);
    }
    static simulator::SimulatorOptions options(simulator::Duration build) {
        simulator::SimulatorOptions options;
        options.school.users = 60;
        options.school.deals = 200;
        options.school.today = simulator::Day{std::chrono::year{2026} / 3 / 31};
        options.school.begin = simulator::Day{std::chrono::year{2026} / 1 / 1};
        options.build_median = build;
        options.build_sigma = 0.01;
        options.limit = 1000;
        options.dir = std::filesystem::temp_directory_path() /
                      ("gcmirror-contract-" + std::to_string(getpid()));
        return options;
    }
    // What a plain client does: GET with the key in the query, or POST of a form.
    std::string request(const std::string& method, const std::string& target,
                        const std::string& form = {}) {
        const Poco::URI uri(simulator_->url());
        Poco::Net::Context::Ptr context = new Poco::Net::Context(
            Poco::Net::Context::TLS_CLIENT_USE, "", "", simulator_->ca_file().string());
        Poco::Net::HTTPSClientSession session(uri.getHost(), uri.getPort(), context);
        Poco::Net::HTTPRequest http(method, target, "HTTP/1.1");
        if (!form.empty()) {
            http.setContentType("application/x-www-form-urlencoded");
            http.setContentLength(static_cast<std::streamsize>(form.size()));
        }
        if (!host_.empty()) http.setHost(host_);
        session.sendRequest(http) << form;
        Poco::Net::HTTPResponse response;
        std::string body;
        Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
        status_ = response.getStatus();
        type_ = response.getContentType();
        return body;
    }
    Object get(const std::string& path, const std::string& query) {
        const std::string body =
            request("GET", "/pl/api/account/" + path + "?key=simulator-read-key" +
                               (query.empty() ? "" : "&" + query));
        return Poco::JSON::Parser().parse(body).extract<Object>();
    }
    static int code(const Object& answer) { return answer->optValue<int>("error_code", 0); }
    // Start, poll until the file is there (bounded), the table.
    Object table(const std::string& path, const std::string& query) {
        const Object started = get(path, query);
        EXPECT_TRUE(started->getValue<bool>("success"))
            << started->getValue<std::string>("error_message");
        const std::string id = started->getObject("info")->getValue<std::string>("export_id");
        for (int i = 0; i < 500; ++i) {
            const Object answer = get("exports/" + id, "");
            if (answer->getValue<bool>("success")) return answer->getObject("info");
            EXPECT_EQ(code(answer), 909);
            EXPECT_EQ(answer->getValue<std::string>("error_message"), "Файл еще не создан ");
            usleep(5000);
        }
        return {};
    }
    static std::string cell(const Object& info, unsigned row, const std::string& heading) {
        const auto fields = info->getArray("fields");
        for (unsigned i = 0; i < fields->size(); ++i)
            if (fields->getElement<std::string>(i) == heading)
                return info->getArray("items")->getArray(row)->get(i).toString();
        return "no column";
    }
    Object import(const std::string& object, const std::string& document,
                  const std::string& key = "simulator-write-key",
                  const std::string& action = "add") {
        std::ostringstream encoded;
        Poco::Base64Encoder encoder(encoded);
        encoder.rdbuf()->setLineLength(0);
        encoder << document;
        encoder.close();
        std::string params;
        Poco::URI::encode(encoded.str(), "+/=", params);
        const std::string body = request("POST", "/pl/api/" + object,
                                         "action=" + action + "&key=" + key + "&params=" + params);
        return body.empty() ? Object{} : Poco::JSON::Parser().parse(body).extract<Object>();
    }

    std::unique_ptr<simulator::Simulator> simulator_;
    int status_ = 0;
    std::string type_, host_;
};

class LongBuild : public Contract {
protected:
    LongBuild() : Contract(1h) {}
};

}  // namespace

TEST_F(Contract, AnExportIsStartedPolledAndFetchedAsOneTable) {
    const Object info = table("deals", "created_at[from]=2026-01-01&created_at[to]=2026-03-31");
    EXPECT_EQ(info->getArray("items")->size(), 200u);
    EXPECT_GE(info->getArray("fields")->size(), 49u);
    EXPECT_TRUE(info->getArray("items")->getArray(0)->isArray(
        static_cast<unsigned>(info->getArray("fields")->size() - 1)));  // tags are lists
}

TEST_F(Contract, KeysAreCheckedFirst) {
    const auto answer = [&](const std::string& target) {
        return Poco::JSON::Parser().parse(request("GET", target)).extract<Object>();
    };
    EXPECT_EQ(code(answer("/pl/api/account/deals?key=wrong")), 901);
    EXPECT_EQ(code(answer("/pl/api/account/deals")), 904);
    EXPECT_EQ(status_, 200);
}

TEST_F(LongBuild, ASecondStartIsBusyWhateverItsParameters) {
    EXPECT_TRUE(get("deals", "created_at[from]=2026-01-01")->getValue<bool>("success"));
    EXPECT_EQ(code(get("users", "no_filter=1")), 905);
}

TEST_F(Contract, UnknownParametersAreNoFilterAndWrongStatusesListTheRightOnes) {
    EXPECT_EQ(code(get("deals", "offer_id=5")), 908);
    EXPECT_EQ(code(get("users", "idgrouplist=id_date")), 908);
    const Object wrong = get("payments", "status=paid");
    EXPECT_EQ(code(wrong), 918);
    EXPECT_NE(wrong->getValue<std::string>("error_message").find("returned_to_balance"),
              std::string::npos);
    EXPECT_EQ(code(get("deals", "status=paid")), 913);
    EXPECT_EQ(code(get("users", "status=paid")), 914);
}

TEST_F(Contract, FiltersByWholeDaysReallyFilter) {
    const Object info =
        table("deals", "created_at[from]=2026-02-03&created_at[to]=2026-02-04&offer_id=1");
    ASSERT_GT(info->getArray("items")->size(), 0u);
    for (unsigned i = 0; i < info->getArray("items")->size(); ++i) {
        const std::string day = cell(info, i, "Дата создания").substr(0, 10);
        EXPECT_TRUE(day == "2026-02-03" || day == "2026-02-04") << day;
    }
    const Object none = table("deals", "created_at[from]=2030-01-01");
    EXPECT_EQ(none->getArray("items")->size(), 0u);
    EXPECT_GE(none->getArray("fields")->size(), 49u);
}

TEST_F(Contract, ThePostFormIsAcceptedAsWell) {
    const std::string body = request("POST", "/pl/api/account/users",
                                     "key=simulator-read-key&created_at%5Bfrom%5D=2026-01-01");
    EXPECT_NE(body.find("export_id"), std::string::npos);
    EXPECT_NE(request("POST", "/pl/api/account/fields", "key=simulator-read-key&action=get")
                  .find("gc_system_user_utm_source"),
              std::string::npos);
}

TEST_F(Contract, UnknownIdsPathsAndTheLimitAreAnsweredAsTold) {
    EXPECT_EQ(get("exports/1", "")->getValue<std::string>("error_message"), "Объект не найден");
    EXPECT_NE(request("GET", "/pl/api/processes").find("<html>"), std::string::npos);
    EXPECT_EQ(status_, 404);
    simulator_->spend(1000);
    EXPECT_EQ(code(get("groups", "")), 903);
}

TEST_F(Contract, GroupsOfUsersAgreeWithTheGroupsOwnExport) {
    const Object users = table("users", "created_at[from]=2020-01-01&idgrouplist=id_date");
    const Object members = table("groups/4512019/users", "");
    std::set<std::string> by_list, by_group;
    for (unsigned i = 0; i < users->getArray("items")->size(); ++i)
        if (cell(users, i, "id групп пользователя/дата добавления").find("4512019:") !=
            std::string::npos)
            by_list.insert(cell(users, i, "id"));
    for (unsigned i = 0; i < members->getArray("items")->size(); ++i)
        by_group.insert(cell(members, i, "id"));
    EXPECT_FALSE(by_list.empty());
    EXPECT_EQ(by_list, by_group);
}

TEST_F(Contract, TheSameSeedGivesTheSameSchool) {
    const auto rows = [&] {
        std::ostringstream text;
        table("payments", "created_at[from]=2020-01-01")->stringify(text);
        return text.str();
    };
    EXPECT_EQ(rows(), rows());
}

TEST_F(Contract, AnImportedUserJoinsGroupsByNameAndIsSeenInTheNextExport) {
    const Object answer = import(
        "users",
        R"({"user":{"email":"new@example.com","first_name":"Новый","group_name":["2026",["Новая группа","2026-02-01 10:00"]],"addfields":{"reg_utm_source":"push","No such":"x"}}})");
    EXPECT_EQ(answer->getObject("result")->getValue<std::string>("user_status"), "added");
    const Object info = table("users", "email=new@example.com&idgrouplist=id_date");
    ASSERT_EQ(info->getArray("items")->size(), 1u);
    EXPECT_EQ(cell(info, 0, "Имя"), "Новый");
    EXPECT_EQ(cell(info, 0, "reg_utm_source"), "push");
    EXPECT_NE(cell(info, 0, "id групп пользователя/дата добавления").find(":2026-02-01"),
              std::string::npos);
    EXPECT_NE(request("GET", "/pl/api/account/groups?key=simulator-read-key").find("Новая группа"),
              std::string::npos);
    EXPECT_EQ(simulator_->imported_users(), 1);
}

TEST_F(Contract, AKnownUserChangesOnlyWithRefresh) {
    const std::string document =
        R"({"user":{"email":"person1@example.org","first_name":"Иной","group_name":["2026"]})";
    EXPECT_EQ(
        import("users", document + "}")->getObject("result")->getValue<std::string>("user_status"),
        "updated");
    EXPECT_NE(cell(table("users", "email=person1@example.org"), 0, "Имя"), "Иной");
    import("users", document + R"(,"system":{"refresh_if_exists":1}})");
    EXPECT_EQ(cell(table("users", "email=person1@example.org"), 0, "Имя"), "Иной");
}

TEST_F(Contract, ARepeatedOrderIsOneWithItsNumberAndTwoWithout) {
    const std::string with =
        R"({"user":{"email":"person1@example.org"},"deal":{"deal_number":"GC-1","product_title":"Курс","deal_cost":"990"},"system":{"return_deal_number":1}})";
    EXPECT_EQ(import("deals", with)->getObject("result")->getValue<std::string>("deal_number"),
              "GC-1");
    import("deals", with);
    EXPECT_EQ(simulator_->imported_deals(), 1);
    const std::string without =
        R"({"user":{"email":"person1@example.org"},"deal":{"product_title":"Курс","deal_cost":"990"}})";
    import("deals", without);
    import("deals", without);
    EXPECT_EQ(simulator_->imported_deals(), 3);
}

TEST_F(Contract, ImportsAreRefusedWithTheServicesWords) {
    const std::string document = R"({"user":{"email":"a@example.com"}})";
    EXPECT_EQ(import("users", document, "simulator-read-key")->getValue<std::string>("error"),
              "Действие запрещено");
    EXPECT_EQ(import("users", document, "wrong")->getValue<std::string>("error"),
              "Неавторизованное API-обращение");
    EXPECT_NE(
        request("GET", "/pl/api/users?key=simulator-write-key").find("Пустой параметр action"),
        std::string::npos);
    EXPECT_EQ(import("users", "no json")->getValue<std::string>("error"), "Не указаны параметры");
    EXPECT_FALSE(import("users", R"({"user":{"first_name":"x"}})")
                     ->getObject("result")
                     ->getValue<bool>("success"));
    simulator_->set_imports(true, 0);
    EXPECT_EQ(import("users", document)->getValue<std::string>("error"), "Достигнут лимит");
    simulator_->set_imports(false, 100);
    EXPECT_TRUE(import("users", document).isNull());
    EXPECT_EQ(type_.find("text/html"), 0u);
}

TEST_F(Contract, PlainHttpIsToldThatOnlyHttpsIsServed) {
    for (const char* path : {"/pl/api/account/groups?key=k", "/pl/api/users"}) {
        const Poco::URI uri(simulator_->url());
        Poco::Net::HTTPClientSession session("127.0.0.1", uri.getPort());
        Poco::Net::HTTPRequest http("GET", path, "HTTP/1.1");
        session.sendRequest(http);
        Poco::Net::HTTPResponse response;
        std::string body;
        Poco::StreamCopier::copyToString(session.receiveResponse(response), body);
        EXPECT_EQ(response.getStatus(), 200);
        EXPECT_NE(body.find("Доступ возможен только по https"), std::string::npos) << body;
    }
}

TEST_F(Contract, AnotherAccountsHostNameIsAWrongSubdomain) {
    host_ = "other.getcourse.ru";
    EXPECT_EQ(request("GET", "/pl/api/account/groups?key=simulator-read-key"), "Wrong subdomain");
    EXPECT_EQ(status_, 404);
}

TEST_F(Contract, AnUnknownAddressIsARowOfNobody) {
    const Object info = table("users", "email=person1@example.org,nobody@example.org");
    ASSERT_EQ(info->getArray("items")->size(), 2u);
    EXPECT_EQ(cell(info, 1, "id"), "-1");
    EXPECT_EQ(cell(info, 1, "Email"), "nobody@example.org");
}

TEST_F(Contract, AVariedSchoolHasEveryStatus) {
    simulator::SchoolOptions options;
    options.users = 400;
    options.deals = 4000;
    options.varied = true;
    const simulator::School school(options);
    std::set<std::string> deals, payments, users, currencies;
    for (std::int64_t i = 0; i < school.deals(0); ++i) {
        const simulator::DealState state = school.deal_state(i, 0);
        deals.insert(state.status);
        currencies.insert(state.currency);
        for (const auto& payment : school.deal_payments(i, 0)) payments.insert(payment.status);
    }
    for (std::int64_t i = 0; i < school.users(0); ++i) users.insert(school.user_status(i));
    EXPECT_EQ(deals.size(), 10u);
    EXPECT_EQ(payments.size(), 6u);
    EXPECT_EQ(users.size(), 5u);
    EXPECT_EQ(currencies.size(), 3u);
}

TEST_F(Contract, AVariedSchoolStartedAgainAtOnceGivesNoExportIdASecondTime) {
    simulator::SimulatorOptions varied = options(1ms);
    varied.school.varied = true;
    std::int64_t last = 0;
    for (int start = 0; start < 3; ++start) {
        simulator_.reset();
        simulator_ = std::make_unique<simulator::Simulator>(varied);
        simulator_->start();
        for (int i = 0; i < 4; ++i) {
            const Object started = get("payments", "created_at[from]=2020-01-01");
            const std::string id = started->getObject("info")->getValue<std::string>("export_id");
            EXPECT_GT(std::stoll(id), last) << "export " << i << " of start " << start;
            last = std::stoll(id);
            EXPECT_LT(last, 2147483648) << "about eight digits";
            for (int k = 0; k < 1000 && !get("exports/" + id, "")->getValue<bool>("success"); ++k)
                usleep(1000);
        }
    }
}

TEST_F(Contract, WeatherChangesTheFormOfAnswersNotTheirRows) {
    const auto rows = [&] {
        std::ostringstream text;
        table("payments", "created_at[from]=2020-01-01")->getArray("items")->stringify(text);
        return text.str();
    };
    const std::string calm = rows();
    simulator::Weather weather;
    weather.drip = 1;
    simulator_->set_weather(weather);
    EXPECT_EQ(rows(), calm);
    weather = {};
    weather.text_info = 1;
    simulator_->set_weather(weather);
    const Object started = get("payments", "created_at[from]=2020-01-02");
    const std::string id = started->getObject("info")->getValue<std::string>("export_id");
    for (int i = 0; i < 500; ++i) {
        const Object answer = get("exports/" + id, "");
        if (!answer->getValue<bool>("success")) {
            usleep(5000);
            continue;
        }
        ASSERT_TRUE(answer->get("info").isString());
        EXPECT_EQ(Poco::JSON::Parser()
                      .parse(answer->getValue<std::string>("info"))
                      .extract<Object>()
                      ->getArray("fields")
                      ->size(),
                  12u);
        return;
    }
    FAIL() << "never ready";
}

// The documents that public clients send (getcourse-api.md 8.2, 8.3), as they send them.
TEST_F(Contract, TakesTheWholeUserDocumentOfPublicClients) {
    import("users", R"({"user":{"email":"partner@example.org"}})");
    const Object answer = import(
        "users",
        R"({"user":{"email":"whole@example.org","phone":"+7 900 000-00-77","first_name":"Пётр","last_name":"Целый","city":"Тверь","country":"Россия",
        "group_name":["2026",["Урок 01 просмотрен","2023-05-01 21:21"]],"addfields":{"reg_utm_source":"api","Нет такого":"x"}},
        "system":{"refresh_if_exists":1,"partner_email":"partner@example.org"},
        "session":{"utm_source":"s","utm_medium":"m","utm_content":"c","utm_campaign":"k","utm_group":"g","gcpc":"p","gcao":"a"}})");
    EXPECT_EQ(answer->getObject("result")->getValue<std::string>("user_status"), "added");
    EXPECT_EQ(import("users", R"({"user":{"phone":"+7 900 000-00-78"}})")
                  ->getObject("result")
                  ->getValue<bool>("success"),
              true);
    EXPECT_EQ(
        import(
            "users",
            R"({"user":{"email":"x@example.org"},"system":{"partner_email":"nobody@example.org"}})")
            ->getObject("result")
            ->getValue<std::string>("error_message"),
        "Партнер не найден");
    const Object update =
        import("users",
               R"({"user":{"id":)" + answer->getObject("result")->getValue<std::string>("user_id") +
                   R"(,"group_name":["2026"]}})",
               "simulator-write-key", "update");
    EXPECT_TRUE(update->getObject("result")->getValue<bool>("success"));
    EXPECT_EQ(simulator_->lost_memberships(), 1);  // update replaces
}

TEST_F(Contract, TakesTheWholeOrderDocumentOfPublicClients) {
    const std::string document =
        R"({"user":{"email":"buyer@example.org","first_name":"Анна"},"system":{"refresh_if_exists":1,"return_payment_link":1,"return_deal_number":1},
        "deal":{"deal_number":"GC-77","offer_code":"base","product_title":"Курс","product_description":"…","quantity":1,"deal_cost":"9900","deal_status":"payed","deal_is_paid":1,
        "deal_created_at":"2026-01-05 10:20:30","deal_finished_at":"2026-01-06 00:00:00","deal_comment":"к","payment_type":"SBER","payment_status":"accepted","deal_currency":"RUB",
        "funnel_id":1,"funnel_stage_id":2,"addfields":{"Причина отказа":"нет"}},"session":{"utm_source":"s"}})";
    const Object answer = import("deals", document)->getObject("result");
    EXPECT_EQ(answer->getValue<std::string>("deal_number"), "GC-77");
    EXPECT_FALSE(answer->getValue<std::string>("payment_link").empty());
    EXPECT_EQ(simulator_->imported_payments(), 1);
    EXPECT_TRUE(
        import(
            "deals",
            R"({"user":{"email":"buyer@example.org"},"deal":{"deal_number":"GC-77","deal_status":"cancelled"}})")
            ->getObject("result")
            ->getValue<bool>("success"));  // the short form
    EXPECT_TRUE(
        import("deals", R"({"user":{"email":"buyer@example.org"},"deal":{"offer_id":3002}})")
            ->getObject("result")
            ->getValue<bool>("success"));  // the offer's price
    EXPECT_EQ(import("deals", R"({"user":{"email":"buyer@example.org"},"deal":{"offer_id":99}})")
                  ->getObject("result")
                  ->getValue<std::string>("error_message"),
              "Предложение не найдено");
    EXPECT_EQ(
        import("deals", R"({"user":{"email":"buyer@example.org"},"deal":{"product_title":"Курс"}})")
            ->getObject("result")
            ->getValue<std::string>("error_message"),
        "Не указана стоимость заказа");
    EXPECT_EQ(
        import(
            "deals",
            R"({"user":{"email":"buyer@example.org"},"deal":{"deal_number":"GC-77","deal_status":"gone"}})")
            ->getObject("result")
            ->getValue<bool>("success"),
        false);
    EXPECT_EQ(simulator_->imported_deals(), 2);
}
