// Orders by import: getcourse-api.md 8.3.
#include <algorithm>

#include "jobs/simulator/import_document.hpp"
#include "jobs/simulator/text.hpp"
#include "jobs/simulator/vocabulary.hpp"

namespace simulator {
namespace {

constexpr std::array<HeadingOf, 2> kDealFields = {
    {{"product_title", "Состав заказа"}, {"deal_comment", "Комментарий к заказу"}}};

// The school's offers, 1 to 12 and 3001 to 3012: id -> price in hundredths. An unknown id is an
// error, nothing is invented (8.3).
std::optional<std::int64_t> offer_price(const std::string& id) {
    const std::int64_t number = leading_number(id);
    if (number >= 1 && number <= 12) return number * 100000;
    if (number >= 3001 && number <= 3012) return (number - 3000) * 100000;
    return std::nullopt;
}

// Exports name managers, imports give their address.
std::string manager_name(const std::string& email) {
    static const std::vector<std::pair<std::string, std::string>> known = {
        {"oleg@demo-school.example", "Олег Северный / Отдел продаж"},
        {"maria@demo-school.example", "Мария Южная / Отдел продаж"}};
    for (const auto& [address, name] : known)
        if (email_key(email) == address) return name;
    return email.substr(0, email.find('@'));
}

}  // namespace

ImportedDeal* Imports::find_deal(const std::string& number, int day) {
    if (number.empty()) return nullptr;
    for (auto& [id, made] : deals_)
        if (made.number == number) return &made;
    const auto index = school_.deal_with_number(number, day);
    if (!index) return nullptr;
    const DealState state = school_.deal_state(*index, day);
    ImportedDeal& known = deals_[school_.deal_id(*index)];
    known.id = school_.deal_id(*index);
    known.index = *index;
    known.number = number;
    known.user_id = school_.user_id(school_.deal_user(*index));
    known.created = school_.deal_created(*index);
    known.status_changed = state.status_changed;
    known.paid_day = state.paid_day;
    known.paid_at = state.paid_at.value_or("");
    known.status = state.status;
    known.cost = state.cost;
    known.paid = state.paid;
    known.currency = state.currency;
    return &known;
}

ImportedDeal& Imports::add_deal(const Document& document, std::int64_t user_id, int day) {
    ImportedDeal& deal = deals_[next_deal_];
    deal.id = next_deal_++;
    const std::string number = text_of(document.deal, "deal_number"),
                      created = text_of(document.deal, "deal_created_at");
    deal.number = number.empty() ? std::to_string(next_number_++) : number;
    deal.user_id = user_id;
    deal.created = parse_day(created.substr(0, 10)).value_or(school_.today(day));
    deal.created_at = created.empty() ? now : created;
    deal.status_changed = deal.created;
    return deal;
}

void Imports::edit_deal(const Document& document, bool is_new, int day, ImportedDeal& deal) {
    // multiple_offers appends to the content of a known order, and what it costs; otherwise both
    // are replaced (8.3).
    const bool append = !is_new && is_yes(text_of(document.system, "multiple_offers"));
    const auto cost = parse_amount(text_of(document.deal, "deal_cost"));
    const auto price = cost ? cost : offer_price(text_of(document.deal, "offer_id"));
    if (price) deal.cost = append ? deal.cost + *price : *price;
    for (const HeadingOf& field : kDealFields)
        if (const std::string text = text_of(document.deal, field.name); !text.empty()) {
            std::string& edit = deal.edits[field.heading];
            const bool content = std::string(field.name) == "product_title";
            edit = append && content && !edit.empty() ? edit + ", " + text : text;
        }
    if (is_new && !deal.edits.contains("Состав заказа")) {
        const std::string code = text_of(document.deal, "offer_code"),
                          offer = text_of(document.deal, "offer_id");
        deal.edits["Состав заказа"] = "Предложение " + (code.empty() ? offer : code);
    }
    if (const std::string text = text_of(document.deal, "manager_email"); !text.empty())
        deal.edits["Менеджер"] = manager_name(text);
    if (const std::string text = text_of(document.deal, "partner_email"); !text.empty())
        deal.edits["Email партнера заказа"] = text;
    if (const std::string text = text_of(document.deal, "deal_currency"); !text.empty())
        deal.currency = text;
    if (const std::string text = text_of(document.deal, "payment_type"); !text.empty())
        deal.payment_type = text;
    if (const auto finished = parse_day(text_of(document.deal, "deal_finished_at").substr(0, 10)))
        deal.finished_day = finished;
    for (const HeadingOf& field : kSession)  // of an order rewritten on update (8.2)
        if (const std::string text = text_of(document.session, field.name); !text.empty())
            deal.edits[field.heading] = text;
    if (!rules.drop_fields) add_custom(document.deal, School::deal_headings(), deal.edits);
    const std::string status = text_of(document.deal, "deal_status");
    if (!status.empty() && status != deal.status) {
        deal.status = status;
        deal.status_changed = school_.today(day);
    }
    pay(status, text_of(document.deal, "deal_is_paid"), day, deal);
}

// `payed` and the paid flag make a payment, each time they are sent (8.3, 8.4). A paid order whose
// status is sent along keeps that status.
void Imports::pay(const std::string& status, const std::string& paid_flag, int day,
                  ImportedDeal& deal) {
    if ((status != "payed" && !is_yes(paid_flag)) || deal.cost <= 0) return;
    const auto title = deal.edits.find("Состав заказа");
    payments_.push_back({next_payment_++, deal.id, deal.user_id, deal.number,
                         deal.payment_type.empty() ? "Импорт" : deal.payment_type,
                         title == deal.edits.end() ? "" : title->second, deal.cost,
                         school_.today(day), now});
    deal.paid += deal.cost;
    deal.paid_day = school_.today(day);
    deal.paid_at = now;
    if (!status.empty()) return;
    if (deal.status != "payed") deal.status_changed = school_.today(day);
    deal.status = "payed";
}

Imports::Outcome Imports::import_deal(const Document& document, int day) {
    Outcome outcome = import_user(document, false, day);
    if (!outcome.error.empty() || !outcome.outer.empty()) return outcome;
    if (!document.has_deal) return outcome.error = "Не указан заказ", outcome;
    const std::string status = text_of(document.deal, "deal_status"),
                      offer = text_of(document.deal, "offer_id"),
                      partner = text_of(document.deal, "partner_email");
    if (!status.empty() && !has_status("deals", status))
        return outcome.error = "Неверный статус заказа", outcome;
    if (!offer.empty() && !offer_price(offer))
        return outcome.error = "Предложение не найдено", outcome;
    if (!partner.empty() && find_user(partner, day) == nullptr)
        return outcome.error = "Партнер не найден", outcome;
    ImportedDeal* deal = find_deal(text_of(document.deal, "deal_number"), day);
    const bool is_new = deal == nullptr;
    if (is_new) {
        if (offer.empty() && text_of(document.deal, "offer_code").empty() &&
            text_of(document.deal, "product_title").empty())
            return outcome.error = "Не указано предложение", outcome;
        if (offer.empty() && !parse_amount(text_of(document.deal, "deal_cost")))
            return outcome.error = "Не указана стоимость заказа", outcome;
        if (rules.allowance <= 0) return outcome.outer = "Достигнут лимит", outcome;
        --rules.allowance;
        deal = &add_deal(document, outcome.user_id, day);
    }
    if (!is_new && rules.edits_need_cost && text_of(document.deal, "deal_cost").empty())
        return outcome.error = "Не указана стоимость заказа", outcome;
    edit_deal(document, is_new, day, *deal);
    outcome.deal_id = deal->id;
    outcome.deal_number = deal->number;
    return outcome;
}

}  // namespace simulator
