import { type BehaviorModel, beat, type HeartbeatState } from '../../../../service/engine/behavior/index.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { type Rate, rateOf, rateOfCounts, rateOfPeople, shown } from '../figures.ts';
import { aboutSessions, isLater, personOf } from '../sets/data-set.ts';
import type { BehaviorWindow } from '../windows.ts';
import { type Bar, HALF_MINUTE, judged, type Layer, layersOf } from './bar.ts';

/** Beats of a person before a program takes the session over. */
const BEFORE = 6;
const FEWEST_BEATS = 4;

interface Session {
  state: HeartbeatState | undefined;
  baseline: number;
}

interface Measured {
  layer: string;
  people: { name: string; perBeat: Rate; perSession: Rate }[];
  takeovers: { bot: string; two: Rate; four: Rate }[];
  promised: { hits: number; of: number };
  quiet: boolean;
  caught: boolean;
}

/** Bar 7: beats of half a minute; the first window is the verify. */
export function measureHeartbeats(windows: readonly BehaviorWindow[], model: BehaviorModel): Bar {
  const measured = layersOf(model).map((layer) => measureLayer(windows, layer));
  // Imitators are what the learned layer is for, as in bars 3 to 5; what rules alone see of them is reported.
  const parts = [...measured.map(({ quiet }) => quiet), measured.at(-1)!.caught];
  return {
    number: 7,
    title: 'Heartbeats of held-out people, and takeover by a bot of the zoo',
    goal: 'false anomaly in 0.5 % of beats and 5 % of sessions at most; takeover seen within two beats in 95 % (with the learned layer, as in bars 3 to 5; rules alone reported)',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: measured
      .map(
        ({ layer, people, promised: { hits, of } }) =>
          `${layer}: ${people.map(({ name, perBeat, perSession }) => `${name}: beats ${shown(perBeat)}, sessions ${shown(perSession)}`).join('; ')}; takeovers within two beats ${hits} of ${of}`,
      )
      .join('; '),
    lines: [
      ...markdownTable(
        ['layer', 'held-out people of', 'beats with a false anomaly', 'sessions with one'],
        measured.flatMap(({ layer, people }) =>
          people.map(({ name, perBeat, perSession }) => [layer, name, shown(perBeat), shown(perSession)]),
        ),
      ),
      '',
      `Intervals are of people, of beats and of sessions. ${aboutSessions}`,
      '',
      `A takeover begins after ${BEFORE} windows of a person; the bot's windows come from several of its sessions, most of which training has seen. Replays are listed and not counted. Rules alone see none of the imitators that make no fault in their typing: a takeover by one of those is what the learned layer is for.`,
      '',
      ...markdownTable(
        ['bot', ...measured.flatMap(({ layer }) => [`${layer}: seen within 2 beats`, 'within 4'])],
        measured[0]!.takeovers.map(({ bot }, i) => [
          bot,
          ...measured.flatMap(({ takeovers }) => [shown(takeovers[i]!.two), shown(takeovers[i]!.four)]),
        ]),
      ),
    ],
    measured,
  };
}

function measureLayer(windows: readonly BehaviorWindow[], { layer, model }: Layer): Measured {
  const halfMinutes = windows.filter(({ lengthMs }) => lengthMs === HALF_MINUTE);
  const sessions = [
    ...Map.groupBy(
      halfMinutes.filter(
        ({ label, half, set }) => label === 'human' && half === 'held-out' && set !== 'aalto',
      ),
      ({ session }) => session,
    ).values(),
  ].filter(({ length }) => length >= FEWEST_BEATS);
  const [later, first] = [
    sessions.filter(([window]) => isLater(window!)),
    sessions.filter(([window]) => !isLater(window!)),
  ];
  const people = [
    { name: 'webbot, balabit', sessions: first },
    { name: 'sets found later', sessions: later },
  ]
    .filter((one) => one.sessions.length > 0)
    .map(({ name, sessions: own }) => {
      const beats = own.map((session) => ({
        person: personOf(session[0]!),
        list: anomaliesIn(session, model),
      }));
      return {
        name,
        perBeat: rateOfCounts(
          [...Map.groupBy(beats, ({ person }) => person).values()].map((some) => ({
            hits: some.flatMap(({ list }) => list).filter(Boolean).length,
            of: some.flatMap(({ list }) => list).length,
          })),
        ),
        perSession: rateOfPeople(
          beats,
          ({ person }) => person,
          ({ list }) => list.includes(true),
        ),
      };
    });
  const long = first.filter(({ length }) => length > BEFORE);
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
  const counted = takeovers.filter(({ bot }) => !bot.startsWith('replay'));
  const promised = {
    hits: counted.reduce((sum, { two }) => sum + two.hits, 0),
    of: counted.reduce((sum, { two }) => sum + two.of, 0),
  };
  return {
    layer,
    people,
    takeovers,
    promised,
    quiet: people.every(({ perBeat, perSession }) => perBeat.rate <= 0.005 && perSession.rate <= 0.05),
    caught: promised.hits / promised.of >= 0.95,
  };
}

const begin = (first: BehaviorWindow, model: BehaviorModel | undefined): Session => ({
  state: undefined,
  baseline: judged(first, model).score,
});

function anomaliesIn(
  [first, ...rest]: readonly BehaviorWindow[],
  model: BehaviorModel | undefined,
): boolean[] {
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
  model: BehaviorModel | undefined,
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
