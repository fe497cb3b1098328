import type { SessionData } from './session-data.ts';

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
