-- grain: one row of {checked} that another version of its business key stands for
WITH ranked AS (
  SELECT _seq,
         row_number() OVER survivor AS place,
         first_value(_seq) OVER survivor AS kept
  FROM {checked}
  WHERE _verdict = 'clean' AND {known}
  WINDOW survivor AS (PARTITION BY {key} ORDER BY _drop_no DESC, _filled DESC, _file, _row)
)
UPDATE {checked} SET _verdict = 'version', _kept = ranked.kept
FROM ranked
WHERE {checked}._seq = ranked._seq AND ranked.place > 1;
