# shellcheck shell=bash
# The faults of mutants.sh, sourced by it: name, unit program, file, perl substitution.
fault "HTTP 429 is not over the limit" unit_etl etl/api.cpp 's/status == 429/status == 428/'
fault "HTTP 500 with JSON is believed" unit_etl etl/api.cpp 's/response\.status >= 500/response.status >= 700/'
fault "a carriage return goes unescaped into COPY" unit_etl etl/copy_text.cpp 's/case .\\r.:\n\s+line \+= "\\\\r";\n\s+break;\n//'
fault "text behind the JSON of a row is believed" unit_etl etl/sheet.cpp 's/at_end\(\)/true/'
fault "a window's oldest request leaves one tick early" unit_etl etl/pacing.cpp 's/age <= window/age < window/'
fault "Sunday is not 7" unit_jobs_serve jobs/serve/cron.cpp 's/reset\(7\)/reset(6)/'
fault "a CSV formula is not neutralised" unit_jobs_output jobs/output/csv.cpp 's/formula\(/!formula(/'
