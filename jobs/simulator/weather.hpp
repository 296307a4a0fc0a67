// Unkindness on purpose: what services, proxies and neighbours do to a client, by rates.
#pragma once

#include <string>
#include <vector>

namespace simulator {

// Shares of requests, each from 0 to 1, that meet this.
struct Weather {
    double repeat = 0;        // a start of the same day gets an earlier export's id again (3.2)
    double no_file = 0;       // a poll is answered with 910
    double no_filter = 0;     // a poll is answered with 908
    double unknown_code = 0;  // a poll is answered with a code of no list
    double text_info = 0;     // `info` is a text that holds JSON (3.1)
    double object_items = 0;  // `items` is an object with numbered keys (3.4)
    double drip = 0;          // the body comes in small pieces
    double cut = 0;           // the connection ends in the middle of the body
    double redirect = 0;      // 301 to another host
    double bad_gzip = 0;      // the body says gzip and is none
    double bad_gateway = 0;   // 502 with HTML
    double neighbour = 0;     // somebody else starts an export and spends three requests
    double vanish = 0;        // an export lacks columns: tax and manager, or the groups
};

// calm, mixed, storm; throws std::invalid_argument naming the known ones for any other name.
[[nodiscard]] Weather weather(const std::string& name);
[[nodiscard]] const std::vector<std::string>& weather_names();

}  // namespace simulator
