-- grain: one survivor of {checked} that shares {columns} with another and is to blame for it
-- Of those that share them, who came last is to blame: all of the latest drop. A survivor has come when it took its place, not when it
-- was sent again: in the first drop, of itself or of a copy, behind the last other version of its key.
WITH shared AS (
  SELECT _seq AS _id FROM {checked}
  WHERE _verdict = 'clean' AND ({columns}) IN (SELECT {columns} FROM {checked} WHERE _verdict = 'clean' GROUP BY {columns} HAVING count(*) > 1)
),
came(_id, _no, _itself) AS (
  SELECT _id, _drop_no, 1 FROM shared JOIN {checked} ON _seq = _id
  UNION ALL SELECT _id, _drop_no, _verdict = 'copy' FROM shared JOIN {checked} ON _kept = _id
  UNION ALL SELECT _id, c._drop_no, 0 FROM shared JOIN {checked} v ON v._kept = _id AND v._verdict = 'version' JOIN {checked} c ON c._kept = v._seq
),
other AS (SELECT _id, max(_no) AS _no FROM came WHERE NOT _itself GROUP BY _id),
since AS (SELECT _id, min(came._no) AS _no FROM came LEFT JOIN other USING (_id) WHERE _itself AND came._no >= coalesce(other._no, 0) GROUP BY _id)
SELECT _seq, _drop, _file, _row FROM (
  SELECT _seq, _drop, _file, _row, _no, max(_no) OVER (PARTITION BY {columns}) AS _latest FROM {checked} JOIN since ON _seq = _id
)
WHERE _no = _latest ORDER BY _seq;
