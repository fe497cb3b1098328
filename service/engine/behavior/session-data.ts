import { z } from 'zod';

/**
 * What the collector measures in one window, as the page sends it (`sessionData`, also `signals`): statistics, no key, no text,
 * no position. Strict: an unknown field is refused. `null` means not measured.
 */

const ratio = (description: string) => z.number().min(0).max(1).nullable().describe(`${description}, 0 to 1`);
const number = (description: string, least: number, most: number) =>
  z.number().min(least).max(most).nullable().describe(`${description}, ${least} to ${most}`);
const count = (description: string, most = 20_000) =>
  z.int().min(0).max(most).describe(`${description}, at most ${most}`);
const duration = (description: string, most: number) =>
  z.number().min(0).max(most).nullable().describe(`${description}, milliseconds, at most ${most}`);

/** Absent from scripts older than this figure: not measured. */
const newer = <Figure extends z.ZodType>(figure: Figure) => figure.optional();

const DAY = 86_400_000;
const LONGEST_WINDOW = 60_000;

const Counts = z
  .strictObject({
    move: count('Pointer moves of any kind, without coalesced ones'),
    down: count('Presses of a pointer, of any kind'),
    up: count('Releases of a pointer, of any kind'),
    keyDown: count('Keys pressed, without automatic repeats'),
    keyUp: count('Keys released'),
    input: count('Changes of a text field'),
    paste: count('Pastes'),
    wheel: count('Turns of the wheel'),
    scroll: count('Scroll events of the page'),
    touch: count('Presses of touch, which are in `down` too'),
  })
  .describe('Events of the window by kind');

const Mouse = z
  .strictObject({
    n: count('Movements of at least 25 px and 80 ms', 500),
    str: ratio('Straightness (chord by path), median'),
    strIqr: ratio('Straightness, interquartile range'),
    dev: number('Largest deviation by chord, median', 0, 5),
    vcv: number('Coefficient of variation of the speed, median', 0, 10),
    tpk: ratio('Time of the speed peak by duration, median'),
    tpkIqr: ratio('Time of the speed peak, interquartile range'),
    sub: number('Submovements a second, median', 0, 60),
    ldj: number('Log dimensionless jerk, median', -20, 40),
    ldjIqr: number('Log dimensionless jerk, interquartile range', -20, 40),
    turn: number('Mean turn angle, radians, median', 0, 3.15),
    turnSd: number('Standard deviation of turn angles, radians, median', 0, 3.15),
    flip: ratio('Share of turns whose sign differs from the turn before, median'),
    pl: number('Correlation of log curvature and log speed (power law), median', -1, 1),
    fitts: number('Correlation of log path and log duration over the movements', -1, 1),
    vBeg: ratio('Speed at the start by peak speed, median'),
    vEnd: ratio('Speed at the end by peak speed, median'),
    vSd: number('Standard deviation of the log mean speed of the movements', 0, 5),
    durSd: number('Standard deviation of the log duration of the movements', 0, 5),
    strSd: newer(ratio('Straightness, standard deviation')),
    strLo: newer(ratio('Straightness, 10 % quantile')),
    lenStr: newer(number('Correlation of log path and straightness over the movements', -1, 1)),
    vcvLo: newer(number('Coefficient of variation of the speed, 10 % quantile', 0, 10)),
    vcvHi: newer(number('Coefficient of variation of the speed, 90 % quantile', 0, 10)),
    tpkLo: newer(ratio('Time of the speed peak by duration, 10 % quantile')),
    vBegLo: newer(ratio('Speed at the start by peak speed, 10 % quantile')),
    turnHi: newer(number('Mean turn angle, radians, 90 % quantile', 0, 3.15)),
    top: newer(number('Sharpest turn, radians, median', 0, 3.15)),
    slow: newer(ratio('Share of turning in the slowest third of steps, median')),
    slowHi: newer(ratio('Share of turning in the slowest third of steps, 90 % quantile')),
    plRest: newer(number('What the power law leaves of the log speed, 90 % quantile', 0, 5)),
    angSd: newer(
      number('Angle between start and chord, radians, standard deviation over the movements', 0, 3.15),
    ),
    side: newer(ratio('1: the path lies on one side of its chord, median')),
    overSd: newer(number('Way beyond the end by chord, standard deviation', 0, 5)),
    tSp: newer(ratio('Spread of the way over time by duration, median')),
    tSpSd: newer(ratio('Spread of the way over time by duration, standard deviation')),
    tSkHi: newer(number('Third moment of the way over time by duration, 90 % quantile', -1, 1)),
    q1Sd: newer(ratio('Share of the way in the first quarter of the time, standard deviation')),
    rip: newer(number('Mean change of acceleration by mean speed, median', 0, 10)),
    ripSh: newer(number('Change of acceleration by acceleration, median', 0, 10)),
    cubLo: newer(number('Log of what a cubic of time leaves of the path, 10 % quantile', -12, 5)),
    qui: newer(number('Log of what a quintic of time leaves of the path, median', -12, 5)),
    quiLo: newer(number('Log of what a quintic of time leaves of the path, 10 % quantile', -12, 5)),
    fitHi: newer(number('What a quartic of time leaves of the speed by mean speed, 90 % quantile', 0, 10)),
    fitSm: newer(number('Correlation of neighbors in that, standard deviation', -1, 1)),
    fitts2: newer(number('What the path leaves of the log duration, standard deviation', 0, 5)),
    eq: ratio(
      'Share of steps, as received, that equal the median step of their movement; from scripts with `axis` not where that is level, upright or diagonal',
    ),
    axis: newer(
      ratio(
        'Share of steps of movements that are level, upright or diagonal throughout, as keys move a pointer',
      ),
    ),
  })
  .describe('Movements of the mouse, resampled to 20 ms: independent of the rate of its events');

const Click = z
  .strictObject({
    n: count('Presses of any pointer that were released', 500),
    press: duration('Time between press and release of the mouse, median', 10_000),
    pressSd: duration('Time between press and release, standard deviation', 10_000),
    pressMin: duration('Time between press and release, shortest', 10_000),
    ctr: ratio('Share of presses within 2 % of the middle of their element'),
    off: number('Distance from the middle of the element by its size, median', 0, 0.71),
    nOff: count('Presses whose place in their element was measured', 500),
    tele: ratio('Share of presses of the mouse at a place to which no movement led'),
    dwell: duration('Rest of the mouse before the press, median', 60_000),
    aid: newer(
      count('Presses by an accessibility action, as of screen readers; in no other figure here', 500),
    ),
    gap: newer(duration('Time from a press of the mouse to the next at another place, median', 60_000)),
    emu: newer(ratio('Share of presses of the mouse in a page that lies beyond the edge of its window')),
  })
  .describe('Presses of pointers; times and approach of the mouse alone');

const Key = z
  .strictObject({
    n: count('Keys pressed and released', 5_000),
    hold: duration('Hold time, median', 5_000),
    holdP10: duration('Hold time, 10 % quantile', 5_000),
    holdNear: ratio('Share of hold times within 4 ms of their median'),
    ddNear: ratio('Share of intervals from press to press within 6 ms of their median'),
    dd: duration('Interval from press to press, median', 5_000),
    ddLsd: number('Standard deviation of the log interval from press to press', 0, 5),
    relay: ratio(
      'Share of keys pressed within 8 ms after the release of one that was held for at least 20 ms; absent from scripts older than this figure',
    ).optional(),
    roll: ratio('Share of keys pressed before the one before was released'),
    inNoKey: ratio(
      'Share of inputs without a key before them; autofill, composition, drop and paste left out',
    ),
    nIn: count('Inputs that this share is of'),
    paste: count('Pastes'),
  })
  .describe('Rhythm of typing, null where the clock of the browser is coarse; which keys is not recorded');

const Scroll = z
  .strictObject({
    n: count('Scroll steps'),
    uniq: ratio('Share of different step sizes'),
    dtCv: number('Coefficient of variation of the intervals', 0, 20),
  })
  .describe('Collected, not scored');

const Glob = z
  .strictObject({
    idleN: count('Pauses of more than 800 ms between events', 500),
    idleMed: duration('Length of these pauses, median; not longer than the window', LONGEST_WINDOW),
    act: z.number().min(0).max(1).describe('Share of the window outside these pauses, 0 to 1'),
  })
  .describe('Rhythm of the whole window');

const Focus = z
  .strictObject({
    n: count('Fields that got the focus'),
    free: ratio('Share of these without a press or a key in the second before'),
    win: count('Times that the page got or lost the focus'),
    awayMs: z
      .number()
      .min(0)
      .max(LONGEST_WINDOW)
      .describe(
        'Time of the window in which the page did not have the focus, milliseconds; not longer than the window',
      ),
  })
  .describe('Changes of the focus: collected, not scored; absent from scripts older than these figures')
  .optional();

const Env = z
  .strictObject({
    wd: z.union([z.literal(0), z.literal(1)]).describe('1: the browser says that a program controls it'),
    untrusted: count('Pointer and key events that a script made (`isTrusted` false)'),
    coal: number('Coalesced events to a pointer move, mean of a sample', 0, 500),
    pt: z
      .strictObject({
        mouse: count('Events of a mouse'),
        pen: count('Events of a pen'),
        touch: count('Events of touch'),
      })
      .describe('Events by kind of pointer'),
    dpr: z.number().min(0.25).max(10).describe('Device pixel ratio, 0.25 to 10'),
    rate: duration(
      'Interval of two moves of the mouse, median. Chooses rules, is never an input of the learned layer',
      LONGEST_WINDOW,
    ),
  })
  .describe('Coarse facts about the browser');

const window = {
  v: z.literal(1).describe('Version of this schema'),
  sid: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,64}$/, 'It must be 16 to 64 characters of base64url: letters, digits, - and _.')
    .describe('Random id of this page’s session, 16 to 64 characters of base64url'),
  seq: z.int().min(0).max(1_000_000).describe('Number of the snapshot, rising in a session'),
  winMs: z.number().min(0).max(LONGEST_WINDOW).describe('Length of the window, milliseconds, at most 60000'),
  upMs: z.number().min(0).max(DAY).describe('Age of the page, milliseconds, at most a day'),
  ttfaMs: duration('Time from the page’s start to the first event', DAY),
  hidMs: z
    .number()
    .min(0)
    .max(LONGEST_WINDOW)
    .describe('Time of the window in which the page was hidden, milliseconds; not longer than the window'),
};

const example = {
  v: 1,
  sid: 'q7Zr0sVbN2mXk4TfLw9a',
  seq: 3,
  winMs: 30_000,
  upMs: 64_210,
  ttfaMs: 812,
  hidMs: 0,
  counts: {
    move: 412,
    down: 4,
    up: 4,
    keyDown: 31,
    keyUp: 31,
    input: 28,
    paste: 0,
    wheel: 6,
    scroll: 14,
    touch: 0,
  },
  mouse: {
    n: 11,
    str: 0.91,
    strIqr: 0.12,
    dev: 0.08,
    vcv: 0.71,
    tpk: 0.38,
    tpkIqr: 0.21,
    sub: 3.1,
    ldj: 6.4,
    ldjIqr: 1.9,
    turn: 0.21,
    turnSd: 0.33,
    flip: 0.41,
    pl: -0.42,
    fitts: 0.55,
    vBeg: 0.18,
    vEnd: 0.09,
    vSd: 0.62,
    durSd: 0.51,
    eq: 0,
  },
  click: {
    n: 4,
    press: 96,
    pressSd: 14,
    pressMin: 81,
    ctr: 0,
    off: 0.19,
    nOff: 4,
    tele: 0,
    dwell: 210,
  },
  key: {
    n: 31,
    hold: 94,
    holdP10: 70,
    holdNear: 0.19,
    ddNear: 0.08,
    dd: 171,
    ddLsd: 0.48,
    relay: 0.03,
    roll: 0.16,
    inNoKey: 0,
    nIn: 28,
    paste: 0,
  },
  scroll: { n: 14, uniq: 0.5, dtCv: 0.9 },
  glob: { idleN: 3, idleMed: 1_340, act: 0.81 },
  focus: { n: 3, free: 0, win: 2, awayMs: 4_120 },
  env: {
    wd: 0,
    untrusted: 0,
    coal: 2.1,
    pt: { mouse: 420, pen: 0, touch: 0 },
    dpr: 2,
    rate: 8.3,
  },
} as const;

export const SessionData = z
  .strictObject({
    ...window,
    counts: Counts,
    mouse: Mouse,
    click: Click,
    key: Key,
    scroll: Scroll,
    glob: Glob,
    focus: Focus,
    env: Env,
  })
  .meta({
    id: 'HumaSessionData',
    description:
      'Behavioral signals of one window as the snippet collects them (`Huma.debug().features`): statistics of movements, presses and typing rhythm. No key, no text, no position, no address. Bounds are checked, and that the numbers agree with each other.',
    examples: [example],
  });
export type SessionData = z.output<typeof SessionData>;

/** Nothing has happened in the window: it says nothing about its user. */
export function isEmpty({ counts, env }: SessionData): boolean {
  return Object.values(counts).every((many) => many === 0) && env.untrusted === 0;
}
