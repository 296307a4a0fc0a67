# A Superset that lives as long as one check: its own sqlite, no cache, no browser in front.
import os

SECRET_KEY = os.environ["SUPERSET_ADMIN"] if "SUPERSET_ADMIN" in os.environ else os.urandom(16).hex()
SQLALCHEMY_DATABASE_URI = "sqlite:///" + os.environ["SUPERSET_STATE"] + "/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
RATELIMIT_ENABLED = False
ROW_LIMIT = SQL_MAX_ROW = 1000000
CACHE_CONFIG = DATA_CACHE_CONFIG = FILTER_STATE_CACHE_CONFIG = EXPLORE_FORM_DATA_CACHE_CONFIG = {"CACHE_TYPE": "SimpleCache"}
