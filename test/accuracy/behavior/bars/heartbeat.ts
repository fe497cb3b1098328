import { type BehaviorModel, beat, type HeartbeatState } from '../../../../service/engine/behavior/index.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { rateOf, shown } from '../figures.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged } from './bar.ts';

/** Beats of a person before a program takes the session over. */
const BEFORE = 6;
const FEWEST_BEATS = 4;

interface Session {
  state: HeartbeatState | undefined;
  baseline: number;
}

/** Bar 7: beats of half a minute; the first window is the verify. */
export function measureHeartbeats(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const halfMinutes = windows.filter(({ lengthMs }) => lengthMs === HALF_MINUTE);
  const sessions = [
    ...Map.groupBy(
      halfMinutes.filter(
        ({ label, half, set }) => label === 'human' && half === 'held-out' && set !== 'aalto',
      ),
      ({ session }) => session,
    ).values(),
  ].filter(({ length }) => length >= FEWEST_BEATS);
  const beats = sessions.map((session) => anomaliesIn(session, model));
  const perBeat = rateOf(beats.flat(), (anomaly) => anomaly);
  const perSession = rateOf(beats, (list) => list.includes(true));
  const long = sessions.filter(({ length }) => length > BEFORE);
  const takeovers = [
    ...Map.groupBy(
      halfMinutes.filter(({ set }) => set === 'zoo'),
      ({ generator }) => generator,
    ),
  ].map(([bot, list]) => {
    const after = list.map((_, i) => beatsUntilSeen(long[i % long.length]!, rotated(list, i), model));
    return { bot: bot!, two: rateOf(after, (n) => n <= 2), four: rateOf(after, (n) => n <= 4) };
  });
  // Replays are people's movements: bar 10.
  const promised = takeovers.filter(({ bot }) => !bot.startsWith('replay'));
  const hits = promised.reduce((sum, { two }) => sum + two.hits, 0);
  const of = promised.reduce((sum, { two }) => sum + two.of, 0);
  const quiet = perBeat.rate <= 0.005 && perSession.rate <= 0.05;
  const caught = hits / of >= 0.95;
  return {
    number: 7,
    title: 'Heartbeats of held-out people, and takeover by a bot of the zoo',
    goal: 'false anomaly in 0.5 % of beats and 5 % of sessions at most; takeover seen within two beats in 95 %',
    verdict: quiet && caught ? 'holds' : quiet || caught ? 'in part' : 'missed',
    result: `beats ${shown(perBeat)}; sessions ${shown(perSession)}; takeovers within two beats ${hits} of ${of}`,
    lines: [
      `False anomalies: ${shown(perBeat)} beats, ${shown(perSession)} sessions. A takeover begins after ${BEFORE} windows of a person; the bot's windows come from several of its sessions, most of which training has seen. Replays are listed and not counted.`,
      '',
      ...markdownTable(
        ['bot', 'seen within 2 beats', 'within 4'],
        takeovers.map(({ bot, two, four }) => [bot, shown(two), shown(four)]),
      ),
    ],
    measured: { perBeat, perSession, takeovers },
  };
}

const begin = (first: BehaviorWindow, model: BehaviorModel): Session => ({
  state: undefined,
  baseline: judged(first, model).score,
});

function anomaliesIn([first, ...rest]: readonly BehaviorWindow[], model: BehaviorModel): boolean[] {
  const session = begin(first!, model);
  return rest.map((window) => {
    const { state, anomaly } = beat(session.state, judged(window, model), session.baseline);
    session.state = state;
    return anomaly;
  });
}

/** Infinity: not at all. */
function beatsUntilSeen(
  person: readonly BehaviorWindow[],
  bot: readonly BehaviorWindow[],
  model: BehaviorModel,
): number {
  const [first, ...rest] = person.slice(0, BEFORE);
  const session = begin(first!, model);
  for (const window of rest)
    session.state = beat(session.state, judged(window, model), session.baseline).state;
  for (const [i, window] of bot.slice(0, 4).entries()) {
    const { state, anomaly } = beat(session.state, judged(window, model), session.baseline);
    session.state = state;
    if (anomaly) return i + 1;
  }
  return Number.POSITIVE_INFINITY;
}

const rotated = <T>(list: readonly T[], by: number): T[] => [...list.slice(by), ...list.slice(0, by)];
