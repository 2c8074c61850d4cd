#pragma once
#include <postgresql/libpq-fe.h>

// The codes of error fields are macros of characters.
static const int gw_pg_severity = PG_DIAG_SEVERITY_NONLOCALIZED;
static const int gw_pg_sqlstate = PG_DIAG_SQLSTATE;
static const int gw_pg_message_primary = PG_DIAG_MESSAGE_PRIMARY;
static const int gw_pg_constraint_name = PG_DIAG_CONSTRAINT_NAME;
