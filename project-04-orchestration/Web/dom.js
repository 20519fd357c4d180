// Small things for making elements. Text from the database goes in through textContent only: whatever it holds, it stays text.

/** Each state with its sign, so that colour is not the only one, and its meaning. */
export const states = {
  none: ['·', 'not scheduled yet'],
  scheduled: ['s', 'scheduled: waits for a slot'],
  queued: ['q', 'queued'],
  running: ['▶', 'running'],
  success: ['✓', 'success'],
  failed: ['✗', 'failed'],
  skipped: ['–', 'skipped'],
  upstream_failed: ['↑', 'upstream failed'],
  up_for_retry: ['↻', 'up for retry'],
  up_for_reschedule: ['…', 'up for reschedule'],
  restarting: ['r', 'restarting'],
  given_up: ['?', 'given up'],
  removed: ['x', 'removed'],
};

export const sign = state => (states[state] ?? ['?'])[0];
export const words = state => (states[state] ?? [, state])[1].split(':')[0];
export const byId = id => document.getElementById(id);

const svgTags = ['svg', 'g', 'rect', 'path', 'text', 'title', 'defs', 'marker'];

/** Makes an element. Of props, `text` is its text, functions are listeners, what is null or false is left out, and the rest are attributes. */
export function make(tag, props = {}, ...children) {
  const element = svgTags.includes(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === 'text') element.textContent = value;
    else if (typeof value === 'function') element.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Sets a text, but leaves the page alone when it is there already: a selection by the mouse is not lost. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts new children in, and gives the focus back to the one with the same data-key. */
export function fill(box, ...children) {
  const key = box.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  box.replaceChildren(...children);
  if (key) [...box.querySelectorAll('[data-key]')].find(e => e.dataset.key === key)?.focus({ preventScroll: true });
}

/** A moment as people read it; all are UTC. */
export const moment = iso => iso ? iso.slice(0, 19).replace('T', ' ') : '–';

export function duration(seconds) {
  if (seconds === null || seconds === undefined) return '–';
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
