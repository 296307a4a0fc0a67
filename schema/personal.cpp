#include "schema/personal.hpp"

#include <algorithm>
#include <array>

namespace schema {

std::string_view name_of(Personal personal) {
    constexpr std::array<std::string_view, 5> kNames = {"plain", "person", "contact", "free",
                                                        "set_apart"};
    return kNames[static_cast<std::size_t>(personal)];
}

const std::vector<std::pair<std::string_view, Personal>>& personal_columns() {
    using enum Personal;
    static const std::vector<std::pair<std::string_view, Personal>> columns = {
        // plain
        {"age_band", plain},
        {"buyer_kind", plain},
        {"channel", plain},
        {"check_name", plain},
        {"city", plain},
        {"club", plain},
        {"country", plain},
        {"currency", plain},
        {"deal_number", plain},
        {"event", plain},
        {"from_status", plain},
        {"funnel", plain},
        {"kind", plain},
        {"known_for", plain},
        {"launch", plain},
        {"matched_by", plain},
        {"meaning", plain},
        {"money_on_from", plain},
        {"order_number", plain},
        {"order_partner_id", plain},
        {"partner_id", plain},
        {"partner_kind", plain},
        {"payment_number", plain},
        {"payment_system", plain},
        {"person_utm_campaign", plain},
        {"person_utm_medium", plain},
        {"person_utm_source", plain},
        {"run_state", plain},
        {"segment", plain},
        {"source", plain},
        {"status", plain},
        {"status_code", plain},
        {"table_name", plain},
        {"title", plain},
        {"to_status", plain},
        {"type", plain},
        {"user_ids", plain},
        {"user_partner_id", plain},
        {"utm_campaign", plain},
        {"utm_medium", plain},
        {"utm_source", plain},
        {"zone", plain},
        // person
        {"manager", person},
        {"order_partner_name", person},
        {"partner", person},
        {"person_name", person},
        {"user_partner_name", person},
        // contact
        {"email", contact},
        {"order_partner_email", contact},
        {"partner_email", contact},
        {"phone", contact},
        {"user_partner_email", contact},
        // free
        {"department", free},
        {"expected_group", free},
        {"expected_product", free},
        {"group_name", free},
        {"offer_tag", free},
        {"offer_tags", free},
        {"product", free},
        {"promo_code", free},
        {"promotion", free},
        {"refusal_reason", free},
        {"tag", free},
        {"tags", free},
        // set_apart
        {"reason", set_apart},
        {"set_apart", set_apart},
    };
    return columns;
}

std::optional<Personal> personal_of(std::string_view column) {
    const auto& all = personal_columns();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.first == column; });
    return found == all.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace schema
