import type { SessionData } from '../session-data.ts';

/** How a session's user types, and how much speaks for another person since. Figures alone; JSON. */
export interface RhythmState {
  /** Keys that the profile is made of. */
  keys: number;
  /** Means over these keys: log hold time, log interval from press to press, share of rollover. */
  hold: number;
  dd: number;
  roll: number;
  /** Log likelihood ratio of another person, never under 0. */
  changed: number;
  /** Windows in a row that raised it. */
  windows: number;
}

/** Fewest keys of a window that is compared. */
const WINDOW_KEYS = 15;
/** Keys from which on there is a profile, and up to which it learns: a slow change must not become the profile. */
const PROFILE_KEYS = 40;
const MOST_KEYS = 400;
/**
 * Standard deviations within a person (of a window of 30 keys, other texts and fields included) and between people. Hold and rollover within:
 * measured on two people (Aalto), widened; between: Dhakal et al., CHI 2018.
 */
const WITHIN = { hold: 0.11, dd: 0.22, roll: 0.095 } as const;
const BETWEEN = { hold: 0.2, dd: 0.38, roll: 0.17 } as const;
const STANDARD_KEYS = 30;
/** No single figure decides: an injured hand, another keyboard. */
const MOST_OF_ONE = 3;
const LEAST_OF_ONE = -1;
const CHANGED = 6;
const FEWEST_WINDOWS = 2;
/** Beyond which nothing more is learned; it bounds how long a return to the old rhythm takes. */
const MOST_CHANGED = 12;

type Figures = Record<keyof typeof WITHIN, number>;
const figures = ['hold', 'dd', 'roll'] as const;

/** Compares the typing of one window with that of the session so far. Windows with few keys change nothing. */
export function followRhythm(
  state: RhythmState | undefined,
  data: SessionData | undefined,
): { state: RhythmState | undefined; changed: boolean } {
  const typed = data && figuresOf(data);
  if (!typed) return { state, changed: isChanged(state) };
  const { keys, ...now } = typed;
  if (state === undefined) return { state: { keys, ...now, changed: 0, windows: 0 }, changed: false };
  if (state.keys < PROFILE_KEYS) return { state: learn(state, now, keys), changed: false };
  const ratio = ratioOf(state, now, keys);
  const changed = Math.min(MOST_CHANGED, Math.max(0, state.changed + ratio));
  const windows = changed === 0 ? 0 : ratio > 0 ? state.windows + 1 : state.windows;
  // An intruder teaches nothing: the profile learns only while nothing speaks for another person.
  const next = { ...(changed === 0 ? learn(state, now, keys) : state), changed, windows };
  return { state: next, changed: isChanged(next) };
}

const isChanged = (state: RhythmState | undefined): boolean =>
  state !== undefined && state.changed >= CHANGED && state.windows >= FEWEST_WINDOWS;

/** None where times are coarse or too few keys were typed. */
function figuresOf({ key }: SessionData): (Figures & { keys: number }) | undefined {
  const { n, hold, dd, roll } = key;
  if (n < WINDOW_KEYS || hold === null || dd === null || roll === null) return undefined;
  return { keys: n, hold: Math.log(Math.max(1, hold)), dd: Math.log(Math.max(1, dd)), roll };
}

function learn(state: RhythmState, now: Figures, keys: number): RhythmState {
  const before = Math.min(state.keys, MOST_KEYS - keys);
  if (before <= 0) return state;
  const mean = (name: keyof Figures) => (state[name] * before + now[name] * keys) / (before + keys);
  return { ...state, keys: before + keys, hold: mean('hold'), dd: mean('dd'), roll: mean('roll') };
}

/** Of two normal distributions around the profile: the same person's windows, and another person's. */
function ratioOf(profile: RhythmState, now: Figures, keys: number): number {
  return figures.reduce((sum, name) => {
    const within = WITHIN[name] ** 2 * (spread(keys) + STANDARD_KEYS / profile.keys);
    const other = within + 2 * BETWEEN[name] ** 2;
    const distance = (now[name] - profile[name]) ** 2;
    const ratio = (distance / within - distance / other - Math.log(other / within)) / 2;
    return sum + Math.max(LEAST_OF_ONE, Math.min(MOST_OF_ONE, ratio));
  }, 0);
}

/** Longer windows scatter less, but a person's day does not average out with their keys. */
const spread = (keys: number): number => Math.sqrt(STANDARD_KEYS / keys);
