import { kinOf, simulatedName } from '../../bots/families/kin.ts';
import { families } from '../../bots/families/paths.ts';
import { simulateSession } from '../../bots/families/simulate.ts';
import { thinned } from './bars/rate.ts';
import { emptyTrack, type Subject } from './sets/data-set.ts';
import { type BehaviorWindow, windowsOf } from './windows.ts';

/** Ms between two moves at least. */
const spacings = [33, 62, 110];
const HALF_MINUTE = 30_000;
const SESSIONS = 120;

/**
 * What training gets besides the windows of dev sessions: the same half-minutes from slower recorders, so that the rate is not learned,
 * and sessions of drawn programs, so that more is known of programs than our bots. Neither is measured on.
 */
export function extraWindows(subjects: readonly Subject[]): BehaviorWindow[] {
  const slower = subjects
    .filter(({ half, set, generator }) => half === 'dev' && set !== 'aalto' && !unmoving.has(generator ?? ''))
    .flatMap((subject) =>
      spacings.flatMap((spacing) =>
        windowsOf({ ...subject, track: thinned(subject.track, spacing) }, HALF_MINUTE),
      ),
    )
    .map((window) => ({ ...window, thinned: true as const }));
  return [...slower, ...simulatedWindows()].filter(({ data }) => data.mouse.n > 0);
}

/** Bots that hardly move; what is left of them at a slower recorder is chance. */
const unmoving = new Set(['plain', 'type', 'delay', 'vision', 'vision-type']);

const simulatedWindows = (): BehaviorWindow[] =>
  Object.keys(families).flatMap((family) =>
    Array.from({ length: SESSIONS }, (_, i) => simulatedSubject(family, i + 1)).flatMap((subject) => [
      ...windowsOf(subject, HALF_MINUTE),
      ...windowsOf(subject, 10_000, 2),
    ]),
  );

/** Each second one at a slower recorder. */
function simulatedSubject(family: string, seed: number): Subject {
  const { moves, presses, lastsMs } = simulateSession(family, seed);
  const track = {
    ...emptyTrack,
    session: `${simulatedName(family)}-${seed}`,
    from: 0,
    to: lastsMs,
    moves,
    presses,
    events: [
      ...moves.map(({ t }) => ({ t, counts: ['move'] as const })),
      ...presses.map(({ t }) => ({ t, counts: ['down', 'up'] as const })),
    ].sort((a, b) => a.t - b.t),
  };
  return {
    set: 'simulated',
    label: 'bot',
    generator: simulatedName(family),
    person: track.session,
    half: 'dev',
    track: seed % 2 === 1 ? thinned(track, spacings[(seed >> 1) % spacings.length]!) : track,
  };
}

/** Whose windows are not trained on where a bot is to be unseen: its own, and those of its kin. */
export const withKin = (bot: string): string[] => [bot, ...kinOf(bot)];
