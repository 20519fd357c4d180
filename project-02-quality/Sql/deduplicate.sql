-- grain: one row of {checked} that another version of its business key stands for
-- What comes again has come: a row is as late as the last drop in which it, or a copy of it, came.
WITH came AS (
  SELECT coalesce(_kept, _seq) AS _of, _drop_no AS _no, _file AS _in, _row AS _at,
         row_number() OVER (PARTITION BY coalesce(_kept, _seq) ORDER BY _drop_no DESC, _file, _row) AS _last
  FROM {checked}
  WHERE _verdict IN ('clean', 'copy')
),
ranked AS (
  SELECT _seq,
         row_number() OVER survivor AS place,
         first_value(_seq) OVER survivor AS kept
  FROM {checked} JOIN came ON _of = _seq AND _last = 1
  WHERE _verdict = 'clean' AND {known}
  WINDOW survivor AS (PARTITION BY {key} ORDER BY _no DESC, _filled DESC, _in, _at)
)
UPDATE {checked} SET _verdict = 'version', _kept = ranked.kept
FROM ranked
WHERE {checked}._seq = ranked._seq AND ranked.place > 1;
