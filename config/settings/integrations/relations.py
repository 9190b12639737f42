"""What belongs together and what is on the rise; docs/settings.md describes every one."""

from config.env import env_float, env_int

RELATIONS_WINDOW_DAYS = env_int("RELATIONS_WINDOW_DAYS", 365)
RELATIONS_HALF_LIFE_DAYS = env_float("RELATIONS_HALF_LIFE_DAYS", 90.0)
# A line later than this is another basket, where orders have no numbers.
RELATIONS_BASKET_PAUSE_MINUTES = env_int("RELATIONS_BASKET_PAUSE_MINUTES", 30)
# Larger baskets are a reseller's or a robot's: pairs in them say nothing, and there are many.
RELATIONS_BASKET_MOST = env_int("RELATIONS_BASKET_MOST", 100)
RELATIONS_LEAST_BASKETS = env_int("RELATIONS_LEAST_BASKETS", 3)
RELATIONS_FALSE_SHARE = env_float("RELATIONS_FALSE_SHARE", 0.01)
RELATIONS_NEIGHBOURS = env_int("RELATIONS_NEIGHBOURS", 50)
# Memory: about 40 bytes a line. Of a shop with more, some shoppers are read.
RELATIONS_LINES_MOST = env_int("RELATIONS_LINES_MOST", 10_000_000)

TREND_WINDOW_DAYS = env_int("TREND_WINDOW_DAYS", 90)
TREND_FAST_DAYS = env_float("TREND_FAST_DAYS", 3.0)
TREND_SLOW_DAYS = env_float("TREND_SLOW_DAYS", 21.0)
TREND_RECENT_DAYS = env_int("TREND_RECENT_DAYS", 7)
TREND_LEAST_SHOPPERS = env_int("TREND_LEAST_SHOPPERS", 5)
TREND_LEAST_GROWTH = env_float("TREND_LEAST_GROWTH", 1.2)
TREND_PRIOR = env_float("TREND_PRIOR", 10.0)

NEW_ARRIVAL_DAYS = env_int("NEW_ARRIVAL_DAYS", 60)
# Share of what shoppers choose together in blended similarity; the rest is what products are.
SIMILAR_COLLABORATIVE_SHARE = env_float("SIMILAR_COLLABORATIVE_SHARE", 0.7)
# Cosine under which a product is not alike.
SIMILAR_FLOOR = env_float("SIMILAR_FLOOR", 0.3)
