import { activityFeatures } from './activity-features.ts';
import { clickFeatures } from './click-features.ts';
import { focusFeatures } from './focus-features.ts';
import { keyFeatures } from './key-features.ts';
import { mouseFeatures } from './mouse-features.ts';
import type { Figures } from './movement-figures.ts';
import { medianGap } from './movements.ts';
import type { PointerKind, RawWindow } from './raw-window.ts';
import { scrollFeatures } from './scroll-features.ts';

/** `null`: not measured. */
type Measured<Name extends string> = Record<Name, number | null>;

type Count = 'move' | 'down' | 'up' | 'keyDown' | 'keyUp' | 'input' | 'paste' | 'wheel' | 'scroll' | 'touch';

/** What leaves the page: statistics of one window. docs/BEHAVIOR.md names each field with its unit and bounds. */
export interface SessionData {
  v: 1;
  sid: string;
  seq: number;
  winMs: number;
  upMs: number;
  ttfaMs: number | null;
  hidMs: number;
  counts: Record<Count, number>;
  mouse: { n: number } & Measured<Exclude<keyof ReturnType<typeof mouseFeatures>, 'n'>>;
  click: { n: number; nOff: number; aid: number } & Measured<
    Exclude<keyof ReturnType<typeof clickFeatures>, 'n' | 'nOff' | 'aid'>
  >;
  key: { n: number; nIn: number; paste: number } & Measured<
    Exclude<keyof ReturnType<typeof keyFeatures>, 'n' | 'nIn'>
  >;
  scroll: { n: number } & Measured<'uniq' | 'dtCv'>;
  glob: { idleN: number; act: number } & Measured<'idleMed'>;
  /** Absent where focus is not collected: recordings. */
  focus?: { n: number; win: number; awayMs: number } & Measured<'free'>;
  env: {
    wd: 0 | 1;
    untrusted: number;
    pt: Record<PointerKind, number>;
    dpr: number;
  } & Measured<'coal' | 'rate'>;
}

/** What a window is sent with besides its features. */
export interface WindowFacts {
  sid: string;
  seq: number;
  upMs: number;
  ttfaMs?: number | undefined;
  hidMs: number;
  counts: Record<Count, number>;
  webdriver: boolean;
  untrusted: number;
  /** Mean number of hardware samples in one event; absent where the browser does not give them. */
  coalesced?: number | undefined;
  pointers: Record<PointerKind, number>;
  pixelRatio: number;
  /** Milliseconds of the window in which the page was shown without the focus. */
  awayMs?: number;
}

const LONGEST_WINDOW = 60_000;
/** Of a page, and of it when the person first did something: a day, in milliseconds. */
export const LONGEST_AGE = 86_400_000;
const MOST = 20_000;

/** Features of a window, rounded and inside their bounds. `figures`: what is known of the movements of this log from before. */
export function sessionDataOf(raw: RawWindow, facts: WindowFacts, figures?: Figures): SessionData {
  const winMs = whole(raw.to - raw.from, LONGEST_WINDOW);
  const usualGap = medianGap(raw.moves);
  const glob = activityFeatures(raw.from, raw.to, raw.times);
  return {
    v: 1,
    sid: facts.sid,
    seq: whole(facts.seq, 1e6),
    winMs,
    upMs: whole(facts.upMs, LONGEST_AGE),
    ttfaMs: facts.ttfaMs === undefined ? null : whole(facts.ttfaMs, LONGEST_AGE),
    hidMs: whole(facts.hidMs, winMs),
    counts: wholes(facts.counts),
    mouse: bounded(mouseFeatures(raw.moves, usualGap, figures)),
    click: bounded(clickFeatures(raw.presses, raw.moves)),
    key: bounded({ ...keyFeatures(raw.strokes, raw.typed), paste: facts.counts.paste }),
    scroll: bounded(scrollFeatures(raw.scrolls)),
    glob: bounded({ ...glob, idleMed: glob.idleMed && Math.min(glob.idleMed, winMs) }),
    ...(raw.focuses && {
      focus: {
        ...bounded(focusFeatures(raw.focuses, raw)),
        awayMs: whole(facts.awayMs ?? 0, winMs),
      },
    }),
    env: {
      wd: facts.webdriver ? 1 : 0,
      untrusted: whole(facts.untrusted, MOST),
      pt: wholes(facts.pointers),
      dpr: measured(facts.pixelRatio, 0.25, 10) ?? 1,
      coal: measured(facts.coalesced, 0, 500),
      rate: measured(usualGap, 0, LONGEST_WINDOW),
    },
  };
}

type Bounds = readonly [lowest: number, highest: number];

/** Of figures that are in no table here. */
const share: Bounds = [0, 1];
const spread: Bounds = [0, 5];
const radians: Bounds = [0, 3.15];
const jerk: Bounds = [-20, 40];
const correlated: Bounds = [-1, 1];
const logShare: Bounds = [-12, 5];
const press: Bounds = [0, 10_000];

const many: Bounds = [0, 500];
const ten: Bounds = [0, 10];
const held: Bounds = [0, 5_000];

const BOUNDS: Readonly<Record<string, Bounds>> = {
  n: many,
  dev: spread,
  vcv: ten,
  sub: [0, 60],
  ldj: jerk,
  ldjIqr: jerk,
  turn: radians,
  turnSd: radians,
  pl: correlated,
  fitts: correlated,
  vSd: spread,
  durSd: spread,
  lenStr: correlated,
  vcvLo: ten,
  vcvHi: ten,
  turnHi: radians,
  top: radians,
  plRest: spread,
  angSd: radians,
  overSd: spread,
  tSkHi: correlated,
  rip: ten,
  ripSh: ten,
  cubLo: logShare,
  qui: logShare,
  quiLo: logShare,
  fitHi: ten,
  fitSm: correlated,
  fitts2: spread,
  press,
  pressSd: press,
  pressMin: press,
  off: [0, 0.71],
  nOff: many,
  dwell: [0, LONGEST_WINDOW],
  aid: many,
  gap: [0, LONGEST_WINDOW],
  hold: held,
  holdP10: held,
  dd: held,
  ddLsd: spread,
  nIn: [0, MOST],
  paste: [0, MOST],
  win: many,
  dtCv: [0, 20],
  idleN: many,
  idleMed: [0, LONGEST_WINDOW],
};

type Bounded<Group> = {
  [Name in keyof Group]: undefined extends Group[Name] ? number | null : number;
};

function bounded<Group extends Record<string, number | undefined>>(group: Group): Bounded<Group> {
  return mapped(group, (value, name) => measured(value, ...(BOUNDS[name] ?? share))) as Bounded<Group>;
}

/** Inside its bounds, with four significant digits and at most four decimals. */
function measured(value: number | undefined, lowest: number, highest: number): number | null {
  if (value === undefined || !Number.isFinite(value)) return null;
  const inside = Math.min(highest, Math.max(lowest, value));
  const magnitude = Math.ceil(Math.log10(Math.abs(inside) + 1e-9));
  const unit = 10 ** Math.min(4, Math.max(0, 4 - magnitude));
  return Math.round(inside * unit) / unit;
}

const whole = (value: number, highest: number): number =>
  Math.min(highest, Math.max(0, Math.round(value) || 0));

const wholes = <Name extends string>(counts: Record<Name, number>): Record<Name, number> =>
  mapped(counts, (value: number) => whole(value, MOST)) as Record<Name, number>;

const mapped = <Value>(group: Record<string, Value>, change: (value: Value, name: string) => number | null) =>
  Object.fromEntries(Object.entries(group).map(([name, value]) => [name, change(value, name)]));
