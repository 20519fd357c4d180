// The three drawings: grid, Gantt, graph.
import { duration, fill, make, moment, sign, words } from './dom.js';

/** Runs are columns, tasks are rows. pick(run, task) is called for what is clicked; task is null for a whole run. */
export function drawGrid(box, grid, chosen, pick) {
  const longest = Math.max(1, ...grid.runs.map(r => r.seconds ?? 0));
  const button = (key, sort, state, label, current, click) => make('button', {
    class: `${sort} state-${state}`, 'data-key': key, title: label, 'aria-label': label, 'aria-pressed': current ? 'true' : 'false',
    tabindex: current ? 0 : -1, text: sign(state), click,
  });
  const head = make('tr', {}, make('th', { text: '' }), ...grid.runs.map((run, i) => {
    const bar = button(run.run, 'bar', run.state, `${run.run}: ${run.state}, ${duration(run.seconds)}`, run.run === chosen.run && !chosen.task, () => pick(run.run, null));
    bar.style.height = `${18 + Math.round(34 * (run.seconds ?? 0) / longest)}px`;
    // a date at every sixth run, counted from the newest
    return make('th', { class: run.run === chosen.run ? 'current' : null }, bar,
      make('span', { class: 'date', text: (grid.runs.length - 1 - i) % 6 === 0 ? run.logicalDate.slice(5, 10) : '' }));
  }));
  const rows = grid.tasks.map(task => make('tr', {}, make('th', { scope: 'row' }, make('span', { text: task, title: task })), ...grid.runs.map(run => {
    const cell = run.cells[task];
    if (!cell) return make('td');
    const label = `${task}, ${run.logicalDate.slice(0, 10)}: ${words(cell.state)}, try ${cell.tryNumber}${cell.seconds === null ? '' : `, ${duration(cell.seconds)}`}`;
    return make('td', { class: run.run === chosen.run ? 'current' : null }, button(`${run.run} ${task}`, 'cell', cell.state, label, run.run === chosen.run && task === chosen.task, () => pick(run.run, task)));
  })));
  const scroll = box.firstChild?.scrollLeft;
  const table = make('table', { keydown: walk }, make('thead', {}, head), make('tbody', {}, ...rows));
  if (!table.querySelector('[tabindex="0"]')) table.querySelector('button')?.setAttribute('tabindex', 0);
  fill(box, make('div', { class: 'scroll' }, table));
  box.firstChild.scrollLeft = scroll ?? box.firstChild.scrollWidth;      // at first the newest runs, or the chosen one
  if (scroll === undefined) box.querySelector('[aria-pressed=true]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
}

/** One stop for the Tab key; the arrow keys go from square to square. */
function walk(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!step || !event.target.closest('button')) return;
  event.preventDefault();
  const place = event.target.closest('td, th'), rows = place.closest('table').rows;
  const next = rows[place.parentElement.rowIndex + step[0]]?.cells[place.cellIndex + step[1]]?.querySelector('button');
  if (!next) return;
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}

/** One line a task, one bar an attempt: pale while it was queued, full while it ran. */
export function drawGantt(box, run, chosen, pick) {
  const spans = run.attempts.map(a => ({ ...a, from: Date.parse(a.queued), begin: Date.parse(a.start ?? a.end ?? run.now), to: Date.parse(a.end ?? run.now) }));
  if (spans.length === 0) return fill(box, make('p', { class: 'quiet', text: 'No attempt yet.' }));
  const { place, cuts, from, to } = timeline(spans);
  const lines = run.tasks.filter(t => spans.some(s => s.task === t.task)).map(task => {
    const track = make('div', { class: 'track' }, ...cuts.map(cut => at(make('i', { class: 'cut', title: 'nothing ran here; the time is cut' }), cut, null)));
    for (const s of spans.filter(s => s.task === task.task)) {
      const label = `${s.task}, try ${s.tryNumber}: ${words(s.state)}; queued ${moment(s.queued)}, ran ${duration((s.to - s.begin) / 1000)}${s.reason ? `; ${s.reason}` : ''}`;
      track.append(at(make('i', { class: 'waits' }), place(s.from), place(s.begin)),
        at(make('button', { class: `span state-${s.state}`, 'data-key': `${s.token}`, title: label, 'aria-label': label, click: () => pick(run.run, s.task, s.tryNumber) }), place(s.begin), place(s.to)));
    }
    return make('div', { class: task.task === chosen.task ? 'line current' : 'line' }, make('span', { text: task.task, title: task.task }), track);
  });
  fill(box, ...lines, make('div', { class: 'line axis' }, make('span', { text: 'UTC' }), make('div', {}, make('span', { text: moment(from) }), make('span', { text: moment(to) }))));
}

function at(element, from, to) {
  element.style.left = `min(${from * 100}%, 100% - 3px)`;
  if (to !== null) element.style.width = `${Math.max(0, to - from) * 100}%`;
  return element;
}

/** Where a moment lies between 0 and 1. Long stretches in which nothing ran, such as before a clear on the next day, are cut. */
function timeline(spans) {
  const blocks = [];
  for (const s of spans.toSorted((a, b) => a.from - b.from)) {
    const last = blocks.at(-1);
    if (last && s.from <= last.to) last.to = Math.max(last.to, s.to);
    else blocks.push({ from: s.from, to: s.to });
  }
  const busy = Math.max(1000, blocks.reduce((sum, b) => sum + b.to - b.from, 0)), most = busy * 0.15;
  let length = 0;
  const cuts = [];
  blocks.forEach((block, i) => {
    const gap = i === 0 ? 0 : block.from - blocks[i - 1].to;
    if (gap > most) cuts.push(length + most / 2);
    block.at = length += Math.min(gap, most);
    length += block.to - block.from;
  });
  length = Math.max(length, 1000);
  const place = t => { const b = blocks.findLast(b => b.from <= t) ?? blocks[0]; return (b.at + Math.min(t, b.to) - b.from) / length; };
  const iso = t => new Date(t).toISOString();
  return { place, cuts: cuts.map(c => c / length), from: iso(blocks[0].from), to: iso(blocks[0].from + Math.max(1000, blocks.at(-1).to - blocks[0].from)) };
}

/** Boxes in layers by depth, from top to bottom, coloured by the state in the run. */
export function drawGraph(box, nodes, run, chosen, pick) {
  const wide = 148, high = 32, gapX = 14, gapY = 30, layers = [], near = {}, spots = {};
  const depths = Object.fromEntries(nodes.map(n => [n.task, n.depth]));
  for (const n of nodes) {
    // an edge that passes a layer gets a narrow place of its own in it, so that it does not run behind a box
    const above = n.upstream.map(u => {
      let from = u;
      for (let d = depths[u] + 1; d < n.depth; d++) {
        const key = `${u} to ${n.task} at ${d}`;
        put(d, { key, wide: 10, above: [from] });
        from = key;
      }
      return from;
    });
    put(n.depth, { key: n.task, node: n, wide, above });
  }
  function put(depth, item) {
    (layers[depth] ??= []).push(item);
    near[item.key] = [...item.above];
    for (const key of item.above) near[key].push(item.key);
  }
  const length = layer => layer.reduce((sum, item) => sum + item.wide + gapX, 0);
  const width = Math.max(...layers.map(length));
  // each stands as near to the middle of its neighbours as the others of its layer allow, so that few lines cross; the first
  // sweep knows only the neighbours above
  const middle = ({ key }) => { const known = near[key].filter(k => spots[k]); return known.reduce((sum, k) => sum + spots[k].x, 0) / known.length || width / 2; };
  for (let sweep = 0; sweep < 3; sweep++) layers.forEach((layer, depth) => {
    let x = (width - length(layer)) / 2;
    for (const [item] of layer.map(item => [item, middle(item)]).sort((a, b) => a[1] - b[1])) {
      spots[item.key] = { x: x + (item.wide + gapX) / 2, y: 4 + depth * (high + gapY), passes: !item.node };
      x += item.wide + gapX;
    }
  });
  const edges = layers.flat().flatMap(item => item.above.map(key => {
    const a = spots[key], b = spots[item.key], y = a.y + high;
    const line = `M ${a.x} ${a.passes ? a.y : y} L ${a.x} ${y} C ${a.x} ${y + gapY * 0.6}, ${b.x} ${b.y - gapY * 0.7}, ${b.x} ${b.y - (b.passes ? 0 : 3)}`;
    return make('path', { class: 'edge', d: line, 'marker-end': b.passes ? null : 'url(#arrow)' });
  }));
  const boxes = nodes.map(n => {
    const task = run?.tasks.find(t => t.task === n.task), state = task?.state ?? 'none', { x, y } = spots[n.task];
    const label = `${n.task} (${n.kind}, ${n.triggerRule}): ${words(state)}`, click = () => pick(run?.run, n.task);
    return make('g', {
      class: `node state-${state}${n.task === chosen.task ? ' current' : ''}`, transform: `translate(${x - wide / 2} ${y})`, role: 'button', tabindex: 0, 'data-key': n.task, 'aria-label': label,
      click, keydown: e => { if (e.key === 'Enter' || e.key === ' ') { e.preventDefault(); click(); } },
    }, make('title', { text: label }), make('rect', { width: wide, height: high, rx: 5, class: 'frame' }), make('rect', { width: 24, height: high, rx: 5, class: 'stripe' }),
      make('text', { x: 12, y: 21, 'text-anchor': 'middle', class: 'sign', text: sign(state) }), make('text', { x: 30, y: 21, text: n.task.length > 17 ? n.task.slice(0, 16) + '…' : n.task }));
  });
  const height = layers.length * (high + gapY) - gapY + 8;
  const arrow = make('defs', {}, make('marker', { id: 'arrow', markerWidth: 8, markerHeight: 8, refX: 6, refY: 4, orient: 'auto' }, make('path', { d: 'M 0 0 L 8 4 L 0 8 z', class: 'tip' })));
  const drawing = make('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Graph' }, arrow, ...edges, ...boxes);
  drawing.style.maxWidth = `${width}px`;
  fill(box, drawing);
}
