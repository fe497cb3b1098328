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
/** Least gap between events of one kind that a page can see, on average, ms: 1,000 Hz devices, coalesced to frames or not. */
const FASTEST_MS = 1;

const checks: readonly (readonly [name: string, impossible: (data: SessionData) => boolean])[] = [
  ['window_longer_than_page', ({ winMs, upMs }) => winMs > upMs + 1_000],
  ['hidden_longer_than_window', ({ winMs, hidMs }) => hidMs > winMs + 1],
  ['first_event_after_now', ({ ttfaMs, upMs }) => (ttfaMs ?? 0) > upMs + 1_000],
  ['events_without_time', ({ winMs, counts }) => mostOf(counts) * FASTEST_MS > winMs + 50],
  ['clicks_without_presses', ({ counts, click }) => click.n > counts.down + EDGE],
  ['places_without_clicks', ({ click }) => click.nOff > click.n],
  ['keys_without_presses', ({ counts, key }) => key.n > counts.keyDown + EDGE],
  ['inputs_without_input', ({ counts, key }) => key.nIn > counts.input],
  ['movements_without_moves', ({ counts, mouse }) => counts.move < 4 * mouse.n],
  ['movements_without_time', ({ winMs, mouse }) => mouse.n * 80 > winMs + 200],
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
  ['quantiles_cross', ({ key, click }) => over(key.holdP10, key.hold) || over(click.pressMin, click.press)],
  ['clicks_longer_than_page', ({ upMs, click }) => (click.press ?? 0) > upMs + 1_000],
  ['typing_longer_than_window', ({ winMs, key }) => ((key.n - 1) / 2) * (key.dd ?? 0) > winMs + 1_000],
];

/** Names of the checks, for tests. */
export const contradictionNames: readonly string[] = checks.map(([name]) => name);

const mostOf = ({ move, keyDown, down }: SessionData['counts']): number => Math.max(move, keyDown, down);

/** At least half of the pauses are as long as the median, and none is shorter than 800 ms. */
const longestPauses = ({ idleN, idleMed }: SessionData['glob']): number =>
  (idleN / 2) * (idleMed ?? 800) + (idleN / 2) * 800;

const over = (low: number | null, high: number | null): boolean =>
  low !== null && high !== null && low > high + 1;

const spreads = ['strIqr', 'tpkIqr', 'ldjIqr', 'vSd', 'durSd', 'fitts'] as const;

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
function figuresMissing({ mouse, click, key, env }: SessionData): boolean {
  return (
    (mouse.n >= 3 && [mouse.str, mouse.vcv, mouse.tpk, mouse.ldj].some((one) => one === null)) ||
    (click.n >= 3 && click.press === null && env.pt.touch + env.pt.pen === 0) ||
    (click.nOff >= 1 && click.ctr === null) ||
    (key.nIn >= 2 && key.inNoKey === null)
  );
}
