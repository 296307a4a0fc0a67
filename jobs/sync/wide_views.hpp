// The wide views get a column per custom field, at their end, behind the publication.
#pragma once

#include "etl/pg.hpp"

namespace jobs {

// Under a short lock limit, so that readers of a view never queue behind us; what could not be done
// is done next time.
void widen_views(etl::pg::Connection& connection);

}  // namespace jobs
