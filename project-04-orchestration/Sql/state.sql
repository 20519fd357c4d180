-- The scheduler's memory: what Airflow calls its metadata database. Moments are UTC, ISO 8601, so they sort as text.

-- grain: one row a DAG
CREATE TABLE IF NOT EXISTS dag (
    dag_id TEXT PRIMARY KEY,
    is_paused INTEGER NOT NULL DEFAULT 0,
    next_start TEXT, next_end TEXT, next_run_after TEXT         -- the next scheduled run; null when there is none
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS dag_due ON dag (next_run_after);

-- grain: one row a run of a DAG; a logical date has one run
CREATE TABLE IF NOT EXISTS dag_run (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL,
    run_type TEXT NOT NULL CHECK (run_type IN ('scheduled', 'manual', 'backfill')),
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'success', 'failed')),
    logical_date TEXT NOT NULL, data_interval_start TEXT NOT NULL, data_interval_end TEXT NOT NULL,
    run_after TEXT NOT NULL, queued_at TEXT NOT NULL, start_date TEXT, end_date TEXT,
    deadline_at TEXT,                                           -- null when there is none, or when it was missed and told
    timeout_at TEXT,                                            -- when a running run has taken too long; null for never
    backfill_id INTEGER, sort_ordinal INTEGER,                  -- its place in the backfill
    needs_look INTEGER NOT NULL DEFAULT 1,                      -- a task of it changed since the scheduler looked
    PRIMARY KEY (dag_id, run_id), UNIQUE (dag_id, logical_date)
) WITHOUT ROWID;
-- each index holds only what a round of the scheduler looks for, so a round costs the same after a year. SQLite uses such an index only
-- when the query has its WHERE word for word: state IN (...) would not do for state = 'running'
CREATE INDEX IF NOT EXISTS dag_run_queued ON dag_run (dag_id) WHERE state = 'queued';
CREATE INDEX IF NOT EXISTS dag_run_running ON dag_run (dag_id) WHERE state = 'running';
CREATE INDEX IF NOT EXISTS dag_run_to_look_at ON dag_run (logical_date) WHERE state = 'running' AND needs_look = 1;
CREATE INDEX IF NOT EXISTS dag_run_timeout ON dag_run (timeout_at) WHERE state = 'running';
CREATE INDEX IF NOT EXISTS dag_run_deadline ON dag_run (deadline_at) WHERE deadline_at IS NOT NULL;

-- grain: one row a task of a run
CREATE TABLE IF NOT EXISTS task_instance (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL,
    state TEXT CHECK (state IN ('scheduled', 'queued', 'running', 'success', 'failed', 'skipped', 'upstream_failed', 'up_for_retry', 'up_for_reschedule', 'restarting', 'removed')),
    try_number INTEGER NOT NULL DEFAULT 0, max_tries INTEGER NOT NULL,
    token INTEGER NOT NULL DEFAULT 0,                           -- the attempt that may write; 0 when none may
    pool TEXT NOT NULL, pool_slots INTEGER NOT NULL, priority_weight INTEGER NOT NULL,
    run_ordinal INTEGER, run_date TEXT NOT NULL,                -- sort_ordinal and logical_date of its run, so that the queue has its order in an index
    start_date TEXT, end_date TEXT, due_at TEXT,                -- due: when a retry or the next look of a sensor is
    waiting_since TEXT,                                         -- a sensor's first look, over its reschedules
    changed_at TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',  -- of the last transition
    PRIMARY KEY (dag_id, run_id, task_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS task_scheduled ON task_instance (priority_weight DESC, run_ordinal, run_date, task_id) WHERE state = 'scheduled';
CREATE INDEX IF NOT EXISTS task_at_work ON task_instance (pool) WHERE token > 0;
CREATE INDEX IF NOT EXISTS task_due ON task_instance (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS task_restarting ON task_instance (dag_id) WHERE state = 'restarting';

CREATE TRIGGER IF NOT EXISTS a_run_takes_its_tasks_along AFTER UPDATE OF sort_ordinal ON dag_run WHEN old.sort_ordinal IS NOT new.sort_ordinal
BEGIN
    UPDATE task_instance SET run_ordinal = new.sort_ordinal WHERE dag_id = new.dag_id AND run_id = new.run_id;
END;

-- grain: one row an attempt of a task; its number is the fencing token, which only grows
CREATE TABLE IF NOT EXISTS attempt (
    token INTEGER PRIMARY KEY AUTOINCREMENT,
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, try_number INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '',
    executor TEXT NOT NULL, pid INTEGER,                        -- who queued it; the process of its own, null when it has none
    queued_at TEXT NOT NULL, start_date TEXT, end_date TEXT, last_heartbeat_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS attempt_at_work ON attempt (last_heartbeat_at) WHERE state IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS attempt_of_task ON attempt (dag_id, run_id, task_id);

-- grain: one row a change of a task's state
CREATE TABLE IF NOT EXISTS transition (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL,
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, try_number INTEGER NOT NULL,
    from_state TEXT, to_state TEXT, reason TEXT NOT NULL
);
CREATE TRIGGER IF NOT EXISTS every_transition_is_kept AFTER UPDATE OF state ON task_instance WHEN old.state IS NOT new.state
BEGIN
    INSERT INTO transition (at, dag_id, run_id, task_id, try_number, from_state, to_state, reason)
    VALUES (new.changed_at, new.dag_id, new.run_id, new.task_id, new.try_number, old.state, new.state, new.reason);
    UPDATE dag_run SET needs_look = 1 WHERE dag_id = new.dag_id AND run_id = new.run_id AND needs_look = 0;
END;

-- grain: one row a value that a task has left for others of its run; value is JSON
CREATE TABLE IF NOT EXISTS xcom (
    dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (dag_id, run_id, task_id, key)
) WITHOUT ROWID;

-- grain: one row a pool
CREATE TABLE IF NOT EXISTS pool (pool TEXT PRIMARY KEY, slots INTEGER NOT NULL, description TEXT NOT NULL) WITHOUT ROWID;

-- grain: one row a backfill
CREATE TABLE IF NOT EXISTS backfill (
    id INTEGER PRIMARY KEY, dag_id TEXT NOT NULL, from_date TEXT NOT NULL, to_date TEXT NOT NULL,
    reprocess_behavior TEXT NOT NULL, run_backwards INTEGER NOT NULL, max_active_runs INTEGER NOT NULL,
    created_at TEXT NOT NULL, completed_at TEXT
);

-- grain: one row a thing that a person should know; an outbox: written with the change it tells of, delivered after
CREATE TABLE IF NOT EXISTS alert (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, dag_id TEXT NOT NULL, run_id TEXT NOT NULL, task_id TEXT,
    at TEXT NOT NULL, text TEXT NOT NULL, delivered_at TEXT
);
CREATE INDEX IF NOT EXISTS alert_to_deliver ON alert (id) WHERE delivered_at IS NULL;

-- grain: one row; who may schedule, and until when
CREATE TABLE IF NOT EXISTS lease (
    name TEXT PRIMARY KEY, holder TEXT NOT NULL, epoch INTEGER NOT NULL, expires_at TEXT NOT NULL
) WITHOUT ROWID;
