// The wide views get a column per custom field, at their end, behind the publication.
#pragma once

#include "etl/pg.hpp"

namespace jobs {

// Under a short lock limit (mirror.widen), so that readers of a view never queue behind us; what
// could not be done stays in journal.undone and is done next time. Fields beyond what a view holds
// are warned of once.
void widen_views(etl::pg::Connection& connection);

}  // namespace jobs
