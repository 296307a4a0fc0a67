#include "jobs/output/table_printer.hpp"

#include <gtest/gtest.h>
