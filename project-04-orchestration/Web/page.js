// The page: reads /api, shows it, and reads again whenever /api/events says that the database has changed.
import { byId, duration, fill, make, moment, setText, sign, states, words } from './dom.js';
import { drawGantt, drawGraph, drawGrid } from './draw.js';

const token = document.querySelector('meta[name=token]').content;

// What is chosen stands in the address after '#', so that a reload keeps it. No run: the newest. No tryNumber: the latest.
const chosen = { dag: null, run: null, task: null, tryNumber: null, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };

function choose(change) {
  Object.assign(chosen, { tryNumber: null }, change);
  history.replaceState(null, '', '#' + new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== null)));
  refresh();
}

const path = (...parts) => '/api/' + parts.map(encodeURIComponent).join('/');

async function ask(address, options) {
  const answer = await fetch(address, options);
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error ?? `${address}: ${answer.status}`);
  return body;
}

/** Tells the server to do something, and says what came of it. */
async function act(address, body, told) {
  try {
    say(told(await ask(address, { method: 'POST', headers: { 'X-Token': token, 'Content-Type': 'application/json' }, body: body ? JSON.stringify(body) : undefined })));
  } catch (e) { say(e.message, true); }
  refresh();
}

let hush;
function say(text, bad = false) {
  const message = byId('message');
  message.hidden = !text;
  message.className = bad ? 'bad' : '';
  setText(message, text);
  clearTimeout(hush);
  hush = setTimeout(() => { message.hidden = true; }, bad ? 15000 : 5000);
}

// One reading at a time; changes meanwhile lead to one more.
let reading = false, again = false;
async function refresh() {
  again = true;
  if (reading) return;
  reading = true;
  while (again) {
    again = false;
    try { await read(); } catch (e) { if (!again) say(e.message, true); }
  }
  reading = false;
}

async function read() {
  const overview = await ask('/api/dags');
  showLeader(overview.leader);
  if (overview.all.length === 0) return say('This program has no DAGs.', true);
  let dag = overview.all.find(d => d.dag === chosen.dag);
  if (!dag) Object.assign(chosen, { dag: (dag = overview.all[0]).dag, run: null, task: null });
  const before = JSON.stringify(chosen);
  const [grid, nodes, alerts] = await Promise.all([ask(path('dags', dag.dag, 'grid')), ask(path('dags', dag.dag, 'graph')), ask('/api/alerts')]);
  const id = chosen.run ?? grid.runs.at(-1)?.run;
  const run = id ? await ask(path('runs', dag.dag, id)).catch(forgetRun) : null;
  const tries = run?.attempts.filter(a => a.task === chosen.task) ?? [];
  const tryNumber = (tries.find(t => `${t.tryNumber}` === `${chosen.tryNumber}`) ?? tries.at(-1))?.tryNumber;
  const log = tryNumber ? await ask(path('logs', dag.dag, id, chosen.task, tryNumber)) : null;
  if (JSON.stringify(chosen) !== before) return;         // something else was chosen meanwhile; that is read next

  const at = { ...chosen, run: id };
  const pick = (run, task, tryNumber = null) => choose({ run: run ?? null, task, tryNumber });
  showDags(overview.all);
  showAlerts(alerts);
  setText(byId('dag-name'), dag.dag);
  setText(byId('dag-text'), `${dag.description ? `${dag.description} · ` : ''}${dag.schedule}${dag.nextRunAfter ? ` · next run after ${moment(dag.nextRunAfter)} UTC` : ''}${dag.paused ? ' · paused: nothing starts until it goes on' : ''}`);
  once('grid', [dag.dag, grid, at.run, at.task], () => grid.runs.length
    ? drawGrid(byId('grid'), grid, at, pick)
    : fill(byId('grid'), make('p', { class: 'quiet', text: 'No run yet. Trigger one, or start the scheduler.' })));
  byId('run-part').hidden = byId('task-part').hidden = !run;
  if (run) showRun(run, nodes, at, pick);
  if (run) showTask(run, nodes.find(n => n.task === chosen.task), tries, tryNumber, log);
}

/** The address may name a run that this database does not have: then the newest is shown. */
function forgetRun(error) {
  if (chosen.run === null) throw error;
  chosen.run = null;
  again = true;
  say(error.message, true);
  return null;
}

/** Draws only when there is something new: what stands still can be clicked, hovered and read. */
const drawn = {};
function once(name, data, draw) {
  const text = JSON.stringify(data);
  if (drawn[name] === text) return;
  drawn[name] = text;
  draw();
}

function showLeader(leader) {
  byId('leader').className = leader ? '' : 'bad';
  setText(byId('leader'), leader ? `Scheduler: ${leader.holder} leads` : 'No scheduler runs, so nothing starts. Start one: dotnet run -- scheduler');
}

function showDags(dags) {
  once('dags', [dags, chosen.dag], () => fill(byId('dags'), ...dags.map(dag => make('div', { class: dag.dag === chosen.dag ? 'dag current' : 'dag' },
    make('button', {
      'data-key': dag.dag, class: 'name', text: dag.dag, 'aria-pressed': dag.dag === chosen.dag ? 'true' : 'false',
      click: () => choose({ dag: dag.dag, run: null, task: null }),
    }),
    make('p', { class: 'quiet', text: ['running', 'queued', 'failed'].filter(s => dag[s] > 0).map(s => `${dag[s]} ${s}`).join(' · ') || 'nothing open' }),
    make('p', { class: 'buttons' }, pauseSwitch(dag), triggerButton(dag))))));
}

const pauseSwitch = dag => make('button', {
  'data-key': `${dag.dag} switch`, class: 'switch', role: 'switch', text: dag.paused ? 'Paused' : 'On',
  'aria-checked': dag.paused ? 'false' : 'true', 'aria-label': `${dag.dag} is on`, title: dag.paused ? 'Paused. Click to go on.' : 'On. Click to pause.',
  click: () => act(path('dags', dag.dag, dag.paused ? 'unpause' : 'pause'), null, () => `${dag.dag} ${dag.paused ? 'goes on' : 'is paused: what runs ends, nothing new starts'}.`),
});

const triggerButton = dag => make('button', {
  'data-key': `${dag.dag} trigger`, text: 'Trigger', 'aria-label': `Trigger ${dag.dag}`,
  click: () => act(path('dags', dag.dag, 'trigger'), null, answer => {
    choose({ dag: dag.dag, run: answer.run, task: null });
    return `${answer.run} is queued${dag.paused ? '; it waits while the DAG is paused' : ''}.`;
  }),
});

function showRun(run, nodes, at, pick) {
  setText(byId('run-name'), `${sign(run.state)} Run of ${moment(run.logicalDate).slice(0, 16)}`);
  setText(byId('run-text'), `${run.run} · ${run.state} · data of ${moment(run.intervalStart)} to ${moment(run.intervalEnd)}${run.start ? ` · began ${moment(run.start)}` : ''}${run.end ? `, took ${duration((Date.parse(run.end) - Date.parse(run.start)) / 1000)}` : ''}`);
  const clear = body => act(path('runs', chosen.dag, run.run, 'clear'), body, a => `${a.cleared} tasks of ${run.run} run again.`);
  byId('clear-run').onclick = () => { if (confirm(`Run all tasks of ${run.run} again?`)) clear(null); };
  byId('clear-run-failed').onclick = () => clear({ onlyFailed: true });
  byId('clear-run-failed').disabled = !run.tasks.some(t => t.state === 'failed' || t.state === 'upstream_failed');
  const still = run.attempts.every(a => a.end) ? { ...run, now: null } : run;      // the clock matters to the drawing only while something runs
  once('gantt', [still, at.task], () => drawGantt(byId('gantt'), run, at, pick));
  once('graph', [nodes, run.run, run.tasks.map(t => t.state), at.task], () => drawGraph(byId('graph'), nodes, run, at, pick));
}

function showTask(run, node, tries, tryNumber, log) {
  const task = run.tasks.find(t => t.task === chosen.task);
  setText(byId('task-name'), task ? `${sign(task.state)} ${task.task}` : 'Task');
  byId('task-none').hidden = !!task;
  byId('task-body').hidden = !task;
  if (!task) return;
  const seconds = task.start ? (Date.parse(task.end ?? run.now) - Date.parse(task.start)) / 1000 : null;
  const facts = {
    State: words(task.state), Reason: task.reason || '–', Try: `${task.tryNumber} of at most ${Math.max(task.maxTries + 1, task.tryNumber)}`, Run: run.run,
    Began: moment(task.start), Ended: moment(task.end), Took: duration(seconds), ...(task.dueAt && { Due: moment(task.dueAt) }),
    ...(node && { Kind: `${node.kind}, trigger rule ${node.triggerRule}`, Pool: `${node.pool} (${node.poolSlots})` }),
  };
  once('facts', facts, () => fill(byId('task-facts'), ...Object.entries(facts).flatMap(([name, value]) => [make('dt', { text: name }), make('dd', { text: value, class: name === 'State' ? `state-${task.state}` : null })])));

  const clear = (body, what) => act(path('runs', chosen.dag, run.run, 'clear'), { task: task.task, ...body }, a => a.cleared ? what(a.cleared) : 'There was nothing to clear.');
  byId('clear-task').onclick = () => clear({}, () => `${task.task} runs again.`);
  byId('clear-downstream').onclick = () => clear({ downstream: true }, n => `${task.task} and what waits for it run again: ${n} tasks.`);
  byId('retry-task').onclick = () => clear({ onlyFailed: true }, () => `${task.task} is tried again.`);
  byId('retry-task').disabled = task.state !== 'failed' && task.state !== 'upstream_failed';

  const latest = Object.values(Object.fromEntries(tries.map(t => [t.tryNumber, t])));      // a sensor has many attempts a try
  once('tries', [latest, tryNumber, run.run], () => fill(byId('tries'), ...latest.map(t => make('button', {
    'data-key': `${t.tryNumber}`, 'aria-pressed': t.tryNumber === tryNumber ? 'true' : 'false', text: `${sign(t.state)} try ${t.tryNumber}`, title: `${words(t.state)}${t.reason ? `: ${t.reason}` : ''}`, click: () => choose({ tryNumber: t.tryNumber }),
  }))));
  byId('log-left').hidden = !log?.left;
  setText(byId('log-left'), `The first ${log?.left ?? 0} of ${log?.size ?? 0} bytes are left out; the file has them.`);
  const box = byId('log'), following = box.scrollTop + box.clientHeight >= box.scrollHeight - 8;
  setText(box, log === null ? 'It has not been tried yet.' : log.text || 'It has written nothing.');
  if (following) box.scrollTop = box.scrollHeight;
}

function showAlerts(alerts) {
  once('alerts', alerts, () => fill(byId('alerts'), ...alerts.map(a => make('li', {},
    make('button', { 'data-key': `${a.id}`, class: 'alert', click: () => choose({ dag: a.dag, run: a.run, task: a.task }) },
      make('b', { text: `${a.kind} · ${a.dag}` }), make('span', { text: a.text }), make('small', { text: `${moment(a.at)}${a.deliveredAt ? '' : ' · not delivered yet'}` })))),
    ...(alerts.length ? [] : [make('li', { class: 'quiet', text: 'None.' })])));
}

fill(byId('legend'), ...Object.entries(states).map(([state, [mark, meaning]]) => make('li', {}, make('i', { class: `cell state-${state}`, text: mark, 'aria-hidden': 'true' }), meaning)));

const events = new EventSource('/api/events');
events.onopen = () => setText(byId('live'), '● live');
events.onerror = () => setText(byId('live'), '○ connection lost, trying again');
events.onmessage = refresh;
addEventListener('hashchange', () => choose({ run: null, task: null, ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) }));
refresh();
