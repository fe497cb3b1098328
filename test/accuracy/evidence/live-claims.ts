import type { EvidenceClaim } from '../../../service/engine/appliance/index.ts';
import type { Machine } from '../../support/machine.ts';
import { type Hits, measuredOn, percent, shareOf, withInterval } from './kept-figures.ts';

interface AttackRow {
  species: string;
  draw: 'product' | 'within reach' | 'same';
  setting: { pad: boolean; strict: boolean };
  sources: number;
  trials: number;
  accepted: Hits;
}

interface PeopleRow {
  person: string;
  camera: 'own' | 'studio';
  sessions: number;
  passed: number;
  firstTry: number;
  medianSeconds: number;
}

export interface Liveness {
  attacks: Record<string, { rows: AttackRow[]; machine: Machine }>;
  people: Record<string, { rows: PeopleRow[]; motion: boolean; machine: Machine }>;
}

const draws = {
  product: 'as the product draws',
  'within reach': 'only steps within reach',
  same: 'the same steps again',
};

/** Injection: a film that fits each step, shown or fed in when it is asked for. Its goal is 5 %, of all others 0. */
const isInjection = (species: string): boolean =>
  /^(injection-|replay-screen-chosen|face-swap)/.test(species);
const isPuppet = (species: string): boolean => species === 'puppet';
const isGoalless = (species: string): boolean => species === 'two-people';

/** A changed client does not depend on the draw. */
const isMain = ({ species, draw }: AttackRow): boolean =>
  draw === 'product' || species.startsWith('tampered-');

const limits = [
  'Attacks are simulated or spliced from few recordings: no evaluation after ISO/IEC 30107-3, and no evidence against an attacker who was not tried.',
  'Trials of one recording resemble each other: the number of recordings bounds what the intervals are worth.',
  'An attack counts as accepted when the challenge is passed within three attempts, whatever the identity match would add. PAD models are installed, limits are the usual ones.',
];

/** Claims on live sessions: attacks, injection, and people who pass. */
export function liveClaims({ attacks, people }: Liveness): EvidenceClaim[] {
  const measured = Object.entries(attacks).flatMap(([species, { rows, machine }]) =>
    rows.flatMap((row) => (row.setting.pad && !row.setting.strict ? [{ ...row, species, machine }] : [])),
  );
  const shown = measured.filter(
    ({ species }) => !isInjection(species) && !isPuppet(species) && !isGoalless(species),
  );
  const fed = measured.filter(({ species }) => isInjection(species) || isPuppet(species));
  return [
    attackClaim({
      id: 'live-attacks',
      title: 'Live sessions: prints, replays, tampered clients',
      goal: 0,
      rows: shown,
      of: 'prints, replays and tampered clients',
    }),
    attackClaim({
      id: 'live-injection',
      title: 'Live sessions: puppets and films that fit each step',
      goal: 0.05,
      rows: fed,
      of: 'puppets and of films that fit each step',
    }),
    ...Object.entries(people).flatMap(([setting, part]) =>
      setting === 'with motion, with PAD' ? [peopleClaim(part)] : [],
    ),
  ];
}

type Measured = AttackRow & { machine: Machine };

function attackClaim({
  id,
  title,
  goal,
  rows,
  of,
}: {
  id: string;
  title: string;
  goal: number;
  rows: readonly Measured[];
  of: string;
}): EvidenceClaim {
  const drawn = rows.filter(isMain);
  const worst = drawn.toSorted((a, b) => shareOf(b.accepted).value - shareOf(a.accepted).value)[0]!;
  const over = drawn.filter(({ accepted }) => shareOf(accepted).value > goal);
  const newest = rows.map(({ machine }) => machine).toSorted((a, b) => (a.date < b.date ? 1 : -1))[0]!;
  return {
    id,
    group: 'live',
    title,
    claim:
      `With steps that the product draws, the goal (${goal === 0 ? 'none accepted' : `at most ${percent(goal, 0)} accepted`}) is reached for ${drawn.length - over.length} of ${drawn.length} kinds of ${of}. ` +
      `Worst: ${worst.species}, ${withInterval(shareOf(worst.accepted))} accepted.`,
    verdict: over.length === 0 ? 'holds' : over.length < drawn.length ? 'part' : 'missed',
    maturity: 'experimental',
    data: `${rows.reduce((sum, { trials }) => sum + trials, 0).toLocaleString('en')} trials; recordings of people in public data`,
    ...measuredOn(newest),
    command: 'npm run accuracy -- challenges',
    chart: {
      finding: 'Attacks accepted within three attempts, by kind, with the steps that the product draws.',
      goal: { value: goal, label: goal === 0 ? 'goal: 0' : `goal: ${percent(goal, 0)}` },
      bars: drawn.map(({ species, accepted }) => ({ label: species, ...shareOf(accepted) })),
    },
    table: {
      head: ['Kind of attack', 'Steps', 'Trials (recordings)', 'Accepted', '95 % interval', 'Measured'],
      rows: rows.map(({ species, draw, trials, sources, accepted, machine }) => [
        species,
        draws[draw],
        `${trials} (${sources})`,
        `${accepted.hits}`,
        `${percent(accepted.interval[0])} to ${percent(accepted.interval[1])}`,
        machine.date.slice(0, 10),
      ]),
    },
    limits,
  };
}

function peopleClaim({ rows, machine }: Liveness['people'][string]): EvidenceClaim {
  const mean = (of: readonly PeopleRow[], pick: (row: PeopleRow) => number) =>
    percent(of.reduce((sum, row) => sum + pick(row) / row.sessions, 0) / of.length);
  const own = rows.filter(({ camera }) => camera === 'own');
  return {
    id: 'live-people',
    group: 'live',
    title: 'Live sessions: people who pass',
    claim:
      `${mean(rows, ({ passed }) => passed)} of the sessions of ${rows.length} people pass within three attempts, ${mean(rows, ({ firstTry }) => firstTry)} at the first (means over people); ` +
      `before their own phone or webcam (${own.length} people) ${mean(own, ({ passed }) => passed)} and ${mean(own, ({ firstTry }) => firstTry)}. Each person is judged by weights that were fitted without that person.`,
    verdict: 'none',
    maturity: 'experimental',
    data: `${rows.length} recordings of people who turn their heads`,
    ...measuredOn(machine),
    command: 'npm run accuracy -- challenges --only people',
    table: {
      head: ['Recording', 'Camera', 'Sessions', 'Passed within 3', 'First try', 'Median seconds'],
      rows: rows.map((row) => [
        row.person,
        row.camera,
        `${row.sessions}`,
        `${row.passed}`,
        `${row.firstTry}`,
        row.medianSeconds.toFixed(1),
      ]),
    },
    limits: [
      'Measures and limits were chosen with all of these people in view: people that the box has never seen may pass less often.',
      'Sessions of a person reuse one short recording; most of the recordings show no blink, so these figures say little of it.',
      'Nothing is known about phones in the sun, glasses, veils, tremor, or people who do not see the page.',
    ],
  };
}
