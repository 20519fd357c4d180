-- grain: one airport
SELECT faa, name, lat, lon, alt AS altitude_feet, tzone AS zone, _drop, _file, _row FROM clean_airports ORDER BY faa
