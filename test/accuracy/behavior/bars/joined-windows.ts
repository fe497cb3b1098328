import { readTypists } from '../sets/aalto.ts';
import type { BehaviorWindow } from '../windows.ts';
import { HALF_MINUTE } from './bar.ts';
import { typedWindows } from './typists.ts';

/** Steps through all typists in an order that has nothing to do with the people who get their keys. */
const STRIDE = 389;

/** Sets of people hold movements or keys, and the bots do both: the movements of one person get the keys of another. */
export function withTypists(
  some: readonly BehaviorWindow[],
  all: readonly BehaviorWindow[],
): BehaviorWindow[] {
  const typists = windowsOfTypists(all, some[0]?.lengthMs ?? HALF_MINUTE);
  if (typists.length === 0) return [...some];
  return some.map((window, i) =>
    window.label === 'human' ? withKeys(window, typists[(i * STRIDE) % typists.length]!) : window,
  );
}

/** The first of each held-out typist of this machine. */
function windowsOfTypists(windows: readonly BehaviorWindow[], length: number): BehaviorWindow[] {
  const many = [...readTypists()]
    .filter(({ half, strokes }) => half === 'held-out' && strokes.length > 0)
    .flatMap(({ person, half, strokes }) =>
      typedWindows({ person, half, session: `typist-${person}-0` }, strokes, length).slice(0, 1),
    );
  const two = windows.filter(
    ({ set, half, lengthMs }) => set === 'aalto' && half === 'held-out' && lengthMs === length,
  );
  return [...many, ...two];
}

/** Programs as people of sets of movements are: nothing of their keys was recorded. */
export function withoutKeys(windows: readonly BehaviorWindow[]): BehaviorWindow[] {
  const unrecorded = windows.find(({ label, data }) => label === 'human' && data.key.n === 0);
  if (unrecorded === undefined)
    throw new Error('No window of a person is without keys: what is not recorded is not known.');
  return windows.map((window) => (window.label === 'human' ? window : withKeys(window, unrecorded)));
}

function withKeys(window: BehaviorWindow, from: BehaviorWindow): BehaviorWindow {
  const { keyDown, keyUp, input, paste } = from.data.counts;
  const counts = { ...window.data.counts, keyDown, keyUp, input, paste };
  return { ...window, data: { ...window.data, counts, key: from.data.key } };
}
