import type { SessionData } from './session-data.ts';

/** What a caller knows about a vector that the vector does not say. */
export interface Circumstances {
  /** The same vector was sent before (`isReplay`). */
  replayed?: boolean;
  /** It does not follow from an earlier window of its page (`followPage`). */
  outOfOrder?: boolean;
  /** The agent that signed the request (RFC 9421, Web Bot Auth), by a key that an administrator has pinned. */
  declared?: { name: string };
}

/**
 * Evidence of a program, in log-odds below 0. Rules never add to a score: the absence of an alarm is no proof of a person.
 * `hard` facts are those that no assistive technology makes. What it makes as well counts only beside one of them.
 */
interface BehaviorRule {
  name: string;
  hard: boolean;
  logOdds: number;
  /** One sentence for documents and the console. */
  explains: string;
  /** `data` has at least one event. */
  fires(data: SessionData, circumstances: Circumstances): boolean;
}

export interface FiredRule {
  name: string;
  hard: boolean;
  logOdds: number;
}

/** Recorders slower than this (remote desktops) skip what the two rules of presses look for, ms. */
const SLOW_RATE = 40;
/** Of a page that is used by touch or pen little is known; a single tap among the presses of a mouse says nothing. */
const byTouch = ({ counts }: SessionData): boolean => counts.touch > 0 && 2 * counts.touch >= counts.down;
const byPen = ({ env: { pt } }: SessionData): boolean => pt.pen > 0 && pt.pen >= pt.mouse;
const byMouse = (data: SessionData): boolean => !byTouch(data) && !byPen(data);
/** A program that jumps from press to press has a slow rate too, but no movement. */
const fineMoves = ({ env, mouse }: SessionData): boolean =>
  mouse.n === 0 || env.rate === null || env.rate <= SLOW_RATE;
const atLeast = (value: number | null, least: number): boolean => value !== null && value >= least;
const under = (value: number | null, limit: number): boolean => value !== null && value < limit;
/** At least three presses of the mouse in the middle of their elements. */
const inMiddle = (data: SessionData): boolean =>
  data.click.nOff >= 3 && atLeast(data.click.ctr, 0.8) && byMouse(data);
/** At least three presses to which no movement led. */
const jumps = (data: SessionData): boolean =>
  data.click.n >= 3 && atLeast(data.click.tele, 0.6) && byMouse(data) && fineMoves(data);
/** From press to press at another place, ms: a screen reader or a voice command that presses a named control takes longer. */
const FASTEST_AID = 1_000;
type Keys = SessionData['key'];
/**
 * A page that stood still hands out the keys of a person at once: their holds are of the page, and their intervals scatter, because
 * others are of the person. A program without delay presses one key after the other all the time.
 */
const wereQueued = ({ ddLsd, relay = null }: Keys): boolean => atLeast(ddLsd, 1.5) && !atLeast(relay, 0.75);
/**
 * Three of 145 typists had keys that were not held, a quarter of a second and more apart and uneven (docs/BEHAVIOR.md). What they typed on is
 * not known; on-screen keyboards and switches may send such keys.
 */
const isSlowHand = ({ dd, ddLsd }: Keys): boolean => atLeast(dd, 250) && atLeast(ddLsd, 0.15);
/** Keys in a row whose intervals have to be the same: a tool that corrects or completes a word puts in fewer. */
const METRONOME = 15;
/** By chance a person keeps one interval for a few keys: the fewer there are, the more of them have to. */
const isMetronome = ({ n, ddNear, ddLsd }: Keys): boolean =>
  n >= METRONOME &&
  ((atLeast(ddNear, n < 20 ? 0.85 : n < 30 ? 0.75 : 0.6) && Math.round(ddNear! * (n - 1)) >= METRONOME - 1) ||
    under(ddLsd, n < 20 ? 0.06 : 0.1));
/** Keyboards that decide on a release, text expanders and dictation tap a key for less than this, ms. */
const LONGEST_TAP = 20;
/** A person who does not overlap keys presses some of them right after a release. */
const isRelay = ({ n, hold, relay = null }: Keys): boolean =>
  n >= 10 && atLeast(hold, LONGEST_TAP) && atLeast(relay, n < 15 ? 0.8 : n < 20 ? 0.7 : 0.6);

const rules: readonly BehaviorRule[] = [
  {
    name: 'webdriver',
    hard: true,
    logOdds: -6,
    explains: 'The browser says that a program controls it (navigator.webdriver).',
    fires: ({ env }) => env.wd === 1,
  },
  {
    name: 'declared',
    hard: true,
    logOdds: -6,
    explains: 'The request carries the valid signature of an agent whose key an administrator has pinned.',
    fires: (_, { declared }) => declared !== undefined,
  },
  {
    name: 'replayed_vector',
    hard: true,
    logOdds: -4,
    explains: 'The same measurements were sent before.',
    fires: (_, { replayed = false }) => replayed,
  },
  {
    name: 'impossible_signals',
    hard: true,
    logOdds: -4,
    explains:
      'The measurements contradict each other, or those of earlier windows of the page: no page can have all of them.',
    fires: (data, { outOfOrder = false }) => outOfOrder || contradictions(data).length > 0,
  },
  {
    name: 'bot_typing',
    hard: false,
    logOdds: -4,
    explains:
      'At least eight keys, held for less than 20 ms (median); not where their intervals scatter as those of keys that waited for the page, nor where they are uneven and 250 ms and more, as of some people.',
    fires: ({ key }) => key.n >= 8 && under(key.hold, LONGEST_TAP) && !wereQueued(key) && !isSlowHand(key),
  },
  {
    name: 'metronome_typing',
    hard: false,
    logOdds: -3,
    explains:
      'At least 15 keys at constant intervals: 14 intervals within 6 ms of their median, and 85 % of all, 75 % from 20 keys on, 60 % from 30 on.',
    fires: ({ key }) => isMetronome(key),
  },
  {
    name: 'relay_typing',
    hard: true,
    logOdds: -3,
    explains:
      'At least ten keys, held for 20 ms and more (median), 80 % of which went down within 8 ms after the release of a key held so long, 70 % from 15 keys on, 60 % from 20 on: one after the other, as a library types.',
    fires: ({ key }) => isRelay(key),
  },
  {
    name: 'constant_velocity',
    hard: true,
    logOdds: -3,
    explains:
      'At least three movements, 80 % of their steps equal, and not those of a pointer that keys move (level, upright or diagonal).',
    fires: ({ mouse }) => mouse.n >= 3 && atLeast(mouse.eq, 0.8),
  },
  {
    name: 'machine_pace',
    hard: true,
    logOdds: -3,
    explains:
      'At least three presses of the mouse, 80 % of them within 2 % of the middle of their element, less than a second apart (median of those at different places).',
    fires: (data) => inMiddle(data) && under(data.click.gap ?? null, FASTEST_AID),
  },
  {
    name: 'emulated_view',
    hard: true,
    logOdds: -3,
    explains:
      'Presses as `centre_clicks` or `teleport_clicks` has them, half of them in a page that lies beyond the edge of its window: its size is a debugger’s.',
    fires: (data) => (inMiddle(data) || jumps(data)) && atLeast(data.click.emu ?? null, 0.5),
  },
  {
    name: 'centre_clicks',
    hard: false,
    logOdds: -3,
    explains: 'At least three presses of the mouse, 80 % of them within 2 % of the middle of their element.',
    fires: inMiddle,
  },
  {
    name: 'untrusted_events',
    hard: false,
    logOdds: -3,
    explains: 'At least five pointer or key events were made by a script, and half of all.',
    fires: ({ counts, env }) =>
      env.untrusted >= 5 &&
      env.untrusted * 2 >= counts.move + counts.down + counts.up + counts.keyDown + counts.keyUp,
  },
  {
    name: 'input_without_keys',
    hard: false,
    logOdds: -2.5,
    explains:
      'At least two changes of text fields, half of them without a key (autofill, composition, drop and paste left out; not where half of the presses are touches).',
    fires: (data) => data.key.nIn >= 2 && atLeast(data.key.inNoKey, 0.5) && !byTouch(data),
  },
  {
    name: 'teleport_clicks',
    hard: false,
    logOdds: -2.2,
    explains:
      'At least three presses, 60 % of those of the mouse at places to which no movement led (not over a remote desktop, nor by touch or pen).',
    fires: jumps,
  },
  {
    name: 'instant_press',
    hard: false,
    logOdds: -1.8,
    explains:
      'At least three presses, those of the mouse released within 4 ms (median; not over a remote desktop, nor by touch or pen). Pads that tap to click take 5 to 7 ms.',
    fires: (data) => data.click.n >= 3 && under(data.click.press, 4) && byMouse(data) && fineMoves(data),
  },
  {
    name: 'screenshot_loop',
    hard: false,
    logOdds: -1.2,
    explains:
      'Single presses at new places, each after a pause of more than a second, without any movement between.',
    fires: (data) =>
      data.glob.idleN >= 4 &&
      atLeast(data.glob.idleMed, 1_000) &&
      data.glob.act <= 0.3 &&
      data.mouse.n === 0 &&
      atLeast(data.click.tele, 0.5) &&
      byMouse(data),
  },
];

/** The rules, for documents and the console. */
export const behaviorRules: readonly Omit<BehaviorRule, 'fires'>[] = rules.map(
  ({ name, hard, logOdds, explains }) => ({ name, hard, logOdds, explains }),
);

export const firedRules = (data: SessionData, circumstances: Circumstances): FiredRule[] =>
  rules
    .filter(({ fires }) => fires(data, circumstances))
    .map(({ name, hard, logOdds }) => ({ name, hard, logOdds }));

/** What is known without a vector: a signature counts even where the page sent nothing. */
export const firedWithoutData = ({ declared }: Circumstances): FiredRule[] =>
  declared === undefined ? [] : [{ name: 'declared', hard: true, logOdds: -6 }];

/**
 * What in a vector cannot all be true of one window: signs of a body made by hand. Our collector never sends such a vector; the
 * limits leave room for rounding (a millisecond, a thousandth). Empty: it agrees with itself.
 */
export function contradictions(data: SessionData): string[] {
  return checks.filter(([, impossible]) => impossible(data)).map(([name]) => name);
}

/** Presses that began before the window and ended in it. */
const EDGE = 2;
/** Keys in a millisecond of a fast hand, and those that a scanner or a text expander puts in at once. */
const KEYS = { perMs: 0.05, atOnce: 200 };
/** Least gap between events of one kind that a page can see, on average, ms: 1,000 Hz devices, coalesced to frames or not. */
const FASTEST_MS = 1;

const checks: readonly (readonly [name: string, impossible: (data: SessionData) => boolean])[] = [
  ['window_longer_than_page', ({ winMs, upMs }) => winMs > upMs + 1_000],
  ['hidden_longer_than_window', ({ winMs, hidMs }) => hidMs > winMs + 1],
  ['first_event_after_now', ({ ttfaMs, upMs }) => (ttfaMs ?? 0) > upMs + 1_000],
  ['events_without_time', ({ winMs, counts }) => mostOf(counts) * FASTEST_MS > winMs + 50],
  ['clicks_without_presses', ({ counts, click }) => click.n > counts.down + EDGE],
  ['places_without_clicks', ({ click }) => click.nOff > click.n],
  ['pointers_without_events', pointersWithoutEvents],
  ['touches_without_presses', ({ counts, env }) => counts.touch > Math.min(counts.down, env.pt.touch)],
  ['keys_without_presses', ({ counts, key }) => key.n > counts.keyDown + EDGE],
  ['keys_without_releases', ({ counts, key }) => key.n > counts.keyUp + EDGE],
  ['keys_without_time', ({ winMs, key }) => key.n > KEYS.perMs * winMs + KEYS.atOnce],
  ['holds_without_time', ({ winMs, key }) => key.roll === 0 && (key.n / 2) * (key.hold ?? 0) > winMs + 1_000],
  ['figures_far_from_median', ({ key }) => isFar(key.dd, key.ddNear, 6) || isFar(key.hold, key.holdNear, 4)],
  ['inputs_without_input', ({ counts, key }) => key.nIn > counts.input],
  ['movements_without_moves', ({ counts, mouse, env }) => Math.min(counts.move, env.pt.mouse) < 4 * mouse.n],
  ['movements_without_time', ({ winMs, mouse, glob }) => mouse.n * 80 > glob.act * winMs + 200],
  ['pauses_without_time', ({ winMs, glob }) => longestPauses(glob) > winMs + 200],
  ['activity_in_pauses', ({ winMs, glob }) => glob.act * winMs + longestPauses(glob) > winMs + 1_000],
  [
    'rate_without_time',
    ({ winMs, counts, env }) => ((counts.move - 1) / 4) * (env.rate ?? 0) > winMs + 1_000,
  ],
  ['peak_at_start', ({ mouse }) => mouse.n >= 8 && mouse.tpk !== null && mouse.tpk <= 0],
  ['figures_of_nothing', figuresOfNothing],
  ['figures_missing', figuresMissing],
  ['away_longer_than_window', ({ winMs, focus }) => (focus?.awayMs ?? 0) > winMs + 1],
  [
    'focus_without_time',
    ({ winMs, focus }) => focus !== undefined && focus.n + focus.win > winMs / FASTEST_MS + 50,
  ],
  ['focus_figures_of_nothing', ({ focus }) => focus?.n === 0 && (focus.free ?? 0) !== 0],
  ['focus_figures_missing', ({ focus }) => (focus?.n ?? 0) >= 1 && focus?.free === null],
  ['quantiles_cross', quantilesCross],
  ['spread_beyond_shares', ({ mouse }) => sharesOfMouse.some((name) => (mouse[name] ?? 0) > 0.51)],
  ['rest_beyond_spread', restBeyondSpread],
  ['clicks_longer_than_page', ({ upMs, click }) => (click.press ?? 0) > upMs + 1_000],
  ['typing_longer_than_window', ({ winMs, key }) => ((key.n - 1) / 2) * (key.dd ?? 0) > winMs + 1_000],
];

/** Names of the checks, for tests. */
export const contradictionNames: readonly string[] = checks.map(([name]) => name);

const mostOf = ({ move, keyDown, down }: SessionData['counts']): number => Math.max(move, keyDown, down);

/** At least half of the pauses are as long as the median, and none is shorter than 800 ms. */
const longestPauses = ({ idleN, idleMed }: SessionData['glob']): number =>
  (idleN / 2) * (idleMed ?? 800) + (idleN / 2) * 800;

/** Every event of a pointer is of one kind of pointer. */
function pointersWithoutEvents({ counts: { move, down, up }, env: { pt } }: SessionData): boolean {
  return Math.abs(pt.mouse + pt.pen + pt.touch - (move + down + up)) > EDGE;
}

/** Times are above 0: half of them lie between it and the median, so no farther from a small one than that. */
const isFar = (middle: number | null, near: number | null, within: number): boolean =>
  middle !== null && middle < within - 0.5 && near !== null && near < 0.49;

const over = (low: number | null | undefined, high: number | null | undefined, rounding: number): boolean =>
  typeof low === 'number' && typeof high === 'number' && low > high + rounding;

/** Of one figure of the movements: its 10 % quantile and median, or its median and 90 % quantile. */
const quantilesOfMouse = [
  ['strLo', 'str'],
  ['vcvLo', 'vcv'],
  ['vcv', 'vcvHi'],
  ['tpkLo', 'tpk'],
  ['vBegLo', 'vBeg'],
  ['turn', 'turnHi'],
  ['slow', 'slowHi'],
  ['quiLo', 'qui'],
] as const;

function quantilesCross({ key, click, mouse }: SessionData): boolean {
  return (
    over(key.holdP10, key.hold, 1) ||
    over(click.pressMin, click.press, 1) ||
    quantilesOfMouse.some(([low, high]) => over(mouse[low], mouse[high], 0.002))
  );
}

/** Standard deviations of figures between 0 and 1. */
const sharesOfMouse = ['strSd', 'tSpSd', 'q1Sd'] as const;

/** What a line leaves of the log duration is no more than there is of it. */
function restBeyondSpread({ mouse }: SessionData): boolean {
  return over(mouse.fitts2, mouse.durSd, 0.002);
}

const spreads = [
  ...['strIqr', 'tpkIqr', 'ldjIqr', 'vSd', 'durSd', 'fitts'],
  ...['strSd', 'lenStr', 'angSd', 'overSd', 'tSpSd', 'q1Sd', 'fitSm', 'fitts2'],
] as (keyof SessionData['mouse'])[];

const hasMoved = ({ n, ...shape }: SessionData['mouse']): boolean =>
  Object.values(shape).some((one) => one !== null && one !== 0);

function figuresOfNothing({ mouse, click, key }: SessionData): boolean {
  return (
    (mouse.n === 0 && hasMoved(mouse)) ||
    (mouse.n === 1 && spreads.some((name) => (mouse[name] ?? 0) !== 0)) ||
    (click.n === 0 && [click.press, click.tele, click.dwell].some((one) => (one ?? 0) !== 0)) ||
    (key.n === 0 && [key.hold, key.holdNear].some((one) => (one ?? 0) !== 0)) ||
    (key.nIn === 0 && (key.inNoKey ?? 0) !== 0)
  );
}

/** A collector that measured movements knows their shape; leaving it out would leave it unjudged. */
function figuresMissing({ counts, mouse, click, key, env }: SessionData): boolean {
  return (
    (mouse.n >= 3 && [mouse.str, mouse.vcv, mouse.tpk, mouse.ldj].some((one) => one === null)) ||
    (click.n >= 3 && click.press === null && click.n > counts.touch + env.pt.pen + EDGE) ||
    (click.nOff >= 1 && click.ctr === null) ||
    (key.nIn >= 2 && key.inNoKey === null)
  );
}
