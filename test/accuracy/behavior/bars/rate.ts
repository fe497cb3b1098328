import type { BehaviorModel } from '../../../../service/engine/behavior/index.ts';
import { bots } from '../../../bots/bots.ts';
import { markdownTable } from '../../../support/evidence.ts';
import { percent, type Rate, rateOf, rateOfPeople, shown } from '../figures.ts';
import type { Subject } from '../sets/data-set.ts';
import type { Track } from '../track.ts';
import { type BehaviorWindow, windowsOf } from '../windows.ts';
import { type Bar, HALF_MINUTE, isFull, judged } from './bar.ts';

/** Ms between two moves at least; 0 as recorded. */
const humanSpacings = [0, 30, 60, 110];
const botSpacings = [0, 16, 33, 62, 110];

/** A slower recorder of the same hand. */
export function thinned(track: Track, spacing: number): Track {
  const kept = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  track.moves.forEach(({ t }, i) => {
    if (t - last < spacing) return;
    kept.add(i);
    last = t;
  });
  const times = new Set([...kept].map((i) => track.moves[i]!.t));
  return {
    ...track,
    moves: track.moves.filter((_, i) => kept.has(i)),
    events: track.events.filter(({ t, counts }) => counts[0] !== 'move' || times.has(t)),
  };
}

/** Bar 8: the same movements from slower recorders are judged alike. */
export function measureRates(subjects: readonly Subject[], model: BehaviorModel): Bar {
  const heldOut = subjects.filter(({ half }) => half === 'held-out');
  const at = (list: readonly Subject[], spacing: number): BehaviorWindow[] =>
    list.flatMap((subject) => windowsOf({ ...subject, track: thinned(subject.track, spacing) }, HALF_MINUTE));
  const refused = (window: BehaviorWindow): boolean => !judged(window, model).human;
  const people = ['webbot', 'balabit'].map((set) => ({
    name: set,
    rates: humanSpacings.map(
      (spacing): Rate =>
        rateOfPeople(
          at(
            heldOut.filter((one) => one.set === set && one.label === 'human'),
            spacing,
          ).filter(isFull),
          ({ person }) => person,
          refused,
        ),
    ),
  }));
  const imitators = bots
    .filter(({ kind }) => kind === 'humanised')
    .map(({ name }) => ({
      name,
      rates: botSpacings.map((spacing) =>
        rateOf(
          at(
            heldOut.filter(({ generator }) => generator === name),
            spacing,
          ),
          refused,
        ),
      ),
    }));
  const rises = people.map(({ rates }) => Math.max(...rates.map(({ rate }) => rate - rates[0]!.rate)));
  // To 16 Hz; 9 Hz is reported and not promised.
  const falls = imitators.map(
    ({ rates }) => rates[0]!.rate - Math.min(...rates.slice(1, 4).map(({ rate }) => rate)),
  );
  const parts = [Math.max(...rises) <= 0.01, Math.max(...falls) <= 0.1];
  return {
    number: 8,
    title: 'The rate of the recorder',
    goal: 'human FPR moves by 1 point at most at 30, 60 and 110 ms; bots at 16 to 120 Hz lose 10 points at most',
    verdict: parts.every(Boolean) ? 'holds' : parts.some(Boolean) ? 'in part' : 'missed',
    result: `people: rise ${percent(Math.max(...rises))} at most; bots: fall ${percent(Math.max(...falls))} at most (${imitators[falls.indexOf(Math.max(...falls))]!.name})`,
    lines: [
      ...markdownTable(
        [
          'held-out people, human=false',
          ...humanSpacings.map((ms) => (ms === 0 ? 'as recorded' : `${ms} ms`)),
        ],
        people.map(({ name, rates }) => [name, ...rates.map(shown)]),
      ),
      '',
      ...markdownTable(
        [
          'bot (seen), human=false',
          ...botSpacings.map((ms) => (ms === 0 ? 'as played, about 100 Hz' : `${Math.round(1000 / ms)} Hz`)),
        ],
        imitators.map(({ name, rates }) => [name, ...rates.map(shown)]),
      ),
      '',
      'Slower recorders are made of the recorded moves by leaving moves out. 120 Hz itself was not recorded: the bots send a move every 8 to 18 ms.',
    ],
    measured: { people, imitators },
  };
}
