-- grain: one aircraft
SELECT tailnum, year AS built, manufacturer, model, engines, seats, engine,
       CASE WHEN seats < 100 THEN 'small' WHEN seats < 200 THEN 'medium' ELSE 'large' END AS size_band,
       _drop, _file, _row
FROM clean_planes ORDER BY tailnum
