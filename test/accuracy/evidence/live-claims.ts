import type { Machine } from '../../support/machine.ts';
import { type Claim, germanOf } from './german-words.ts';
import { type Hits, inGerman, measuredOn, percent, shareOf, withInterval } from './kept-figures.ts';

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
  'within reach': 'only steps that the attacker has on film',
  same: 'the same steps again',
};

/** Words for a kind of attack, as `docs/evidence/liveness.md` names it. */
const kinds: Readonly<Record<string, string>> = {
  'print-still': 'print, held still',
  'print-moved': 'print, moved',
  'print-tilted': 'print, tilted',
  'print-bent': 'print, bent',
  'print-bent-others': 'print, bent otherwise',
  'print-bent-portraits': 'print of a portrait, bent',
  'print-bent-lids': 'print with closed lids',
  'print-bent-portraits-turns': 'print, turns alone asked for',
  'replay-recaptured': 'filmed screen, moved',
  'replay-old-session': 'old session, frames again',
  'replay-old-session-no-motion': 'old session, path without motion',
  'replay-old-session-no-motion-others': 'other sessions, without motion',
  'replay-screen': 'film on a screen',
  'replay-screen-session': 'old session on a screen',
  'replay-screen-chosen': 'film on a screen that fits each step',
  'tampered-early': 'changed page, steps too early',
  'tampered-clock': 'changed page, wrong times',
  'tampered-repeat': 'changed page, repeated frames',
  'recapture-turning': 'filmed screen, person turns',
  puppet: 'animated photograph',
  'injection-cut': 'virtual camera, clips cut hard',
  'injection-spliced': 'virtual camera, clips spliced smoothly',
  'injection-known': 'virtual camera, clips used before',
  'injection-unlimited': 'virtual camera, unlimited film',
  'face-swap': 'deepfake on a living person',
};

/** A kind without words keeps its name; the column of the steps says how it was drawn. */
const kindOf = (species: string): string =>
  kinds[species.replace(/-(within-reach|same-draw)$/, '')] ?? species;

/** Injection: a film that fits each step, shown or fed in when it is asked for. Its goal is 5 %, of all others 0. */
const isInjection = (species: string): boolean =>
  /^(injection-|replay-screen-chosen|face-swap)/.test(species);
const isPuppet = (species: string): boolean => species === 'puppet';
const isGoalless = (species: string): boolean => species === 'two-people';

/** A changed client does not depend on the draw. */
const isMain = ({ species, draw }: AttackRow): boolean =>
  draw === 'product' || species.startsWith('tampered-');

const limits = [
  'It holds for the attackers that were tried, with the usual limits and PAD models installed. Attacks are simulated or spliced from few recordings: no evaluation after ISO/IEC 30107-3.',
  'Trials of one recording resemble each other: the number of recordings bounds what the intervals are worth.',
  'An attack counts as passed when the challenge is passed within three attempts, whatever the identity match would add.',
];
const germanLimits = [
  'Es gilt für die versuchten Angriffe, mit den üblichen Grenzen und installierter Angriffserkennung. Angriffe sind simuliert oder aus wenigen Aufnahmen geschnitten: keine Prüfung nach ISO/IEC 30107-3.',
  'Versuche mit einer Aufnahme ähneln einander: Die Zahl der Aufnahmen begrenzt, was die Intervalle wert sind.',
  'Ein Angriff zählt als bestanden, wenn die Aufgabe in drei Versuchen bestanden ist, gleich was der Vergleich des Gesichts noch täte.',
];

/** Claims on live sessions: attacks, injection, and people who pass. */
export function liveClaims({ attacks, people }: Liveness): Claim[] {
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
      title: 'Live sessions: prints, replays, changed pages',
      goal: 0,
      rows: shown,
      of: 'kinds of prints, replays and changed pages',
    }),
    attackClaim({
      id: 'live-injection',
      title: 'Live sessions: animated photographs and films that fit each step',
      goal: 0.05,
      rows: fed,
      of: 'kinds of animated photographs and of films that fit each step',
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
}): Claim {
  const drawn = rows.filter(isMain);
  const worst = drawn.toSorted((a, b) => shareOf(b.accepted).value - shareOf(a.accepted).value)[0]!;
  const over = drawn.filter(({ accepted }) => shareOf(accepted).value > goal);
  const onFilm = rows.filter(
    ({ draw, species }) => draw === 'within reach' && !species.startsWith('tampered-'),
  );
  const worstOnFilm = onFilm.toSorted((a, b) => shareOf(b.accepted).value - shareOf(a.accepted).value)[0];
  const newest = rows.map(({ machine }) => machine).toSorted((a, b) => (a.date < b.date ? 1 : -1))[0]!;
  return {
    id,
    group: 'live',
    title,
    claim:
      `${drawn.length - over.length} of ${drawn.length} ${of} meet the goal that ${goal === 0 ? 'none passes' : `at most ${percent(goal, 0)} pass`}. ` +
      `Worst: ${kindOf(worst.species)}, ${withInterval(shareOf(worst.accepted))}.` +
      (worstOnFilm
        ? ` Where the attacker has film of every step: ${kindOf(worstOnFilm.species)}, ${withInterval(shareOf(worstOnFilm.accepted))}.`
        : ''),
    verdict: over.length === 0 ? 'holds' : over.length < drawn.length ? 'part' : 'missed',
    maturity: 'experimental',
    data: `${rows.reduce((sum, { trials }) => sum + trials, 0).toLocaleString('en')} trials; recordings of people in public data`,
    ...measuredOn(newest),
    command: 'npm run accuracy -- challenges',
    chart: {
      finding: 'Attacks that pass within three attempts, by kind, with the steps that the product draws.',
      goal: { value: goal, label: goal === 0 ? 'goal: 0' : `goal: ${percent(goal, 0)}` },
      bars: drawn.map(({ species, accepted }) => ({ label: kindOf(species), ...shareOf(accepted) })),
    },
    table: {
      head: ['Kind of attack', 'Steps', 'Trials (recordings)', 'Passed', '95 % interval', 'Measured'],
      rows: rows.map(({ species, draw, trials, sources, accepted, machine }) => [
        kindOf(species),
        draws[draw],
        `${trials} (${sources})`,
        `${accepted.hits}`,
        `${percent(accepted.interval[0])} to ${percent(accepted.interval[1])}`,
        machine.date.slice(0, 10),
      ]),
    },
    limits,
    german: {
      claim: inGerman(
        `${drawn.length - over.length} von ${drawn.length} ${germanOf(of)} erreichen das Ziel, dass ${goal === 0 ? 'keiner besteht' : `höchstens ${percent(goal, 0)} bestehen`}. ` +
          `Am schlechtesten: ${germanOf(kindOf(worst.species))}, ${withInterval(shareOf(worst.accepted))}.` +
          (worstOnFilm
            ? ` Hat der Angreifer jeden Schritt auf Film: ${germanOf(kindOf(worstOnFilm.species))}, ${withInterval(shareOf(worstOnFilm.accepted))}.`
            : ''),
      ),
      limits: germanLimits,
    },
  };
}

function peopleClaim({ rows, machine }: Liveness['people'][string]): Claim {
  const mean = (of: readonly PeopleRow[], pick: (row: PeopleRow) => number) =>
    percent(of.reduce((sum, row) => sum + pick(row) / row.sessions, 0) / of.length);
  const own = rows.filter(({ camera }) => camera === 'own');
  return {
    id: 'live-people',
    group: 'live',
    title: 'Live sessions: people who pass',
    claim:
      `${mean(rows, ({ passed }) => passed)} of the sessions of ${rows.length} people pass within three attempts, ${mean(rows, ({ firstTry }) => firstTry)} at the first. ` +
      `Before their own phone or webcam (${own.length} people) it is ${mean(own, ({ passed }) => passed)} and ${mean(own, ({ firstTry }) => firstTry)}.`,
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
      'Measures and limits were chosen with all of these people in view: people that the box has never seen may pass less often. Each person is judged by weights that were fitted without that person; figures are means over people.',
      'All sessions of a person are made of one short recording. Most recordings show no blink, so the figures say little about it.',
      'Nothing is known about phones in the sun, glasses, veils, tremor, or people who do not see the page.',
    ],
    german: {
      claim: inGerman(
        `${mean(rows, ({ passed }) => passed)} der Sitzungen von ${rows.length} Personen bestehen in drei Versuchen, ${mean(rows, ({ firstTry }) => firstTry)} im ersten. ` +
          `Vor dem eigenen Telefon oder der eigenen Webcam (${own.length} Personen) sind es ${mean(own, ({ passed }) => passed)} und ${mean(own, ({ firstTry }) => firstTry)}.`,
      ),
      limits: [
        'Maße und Grenzen wurden mit allen diesen Personen vor Augen gewählt: Personen, die das Gerät nie gesehen hat, bestehen vielleicht seltener. Jede Person wird mit Gewichten beurteilt, die ohne sie bestimmt wurden; die Zahlen sind Mittel über Personen.',
        'Alle Sitzungen einer Person stammen aus einer kurzen Aufnahme. Die meisten Aufnahmen zeigen kein Blinzeln; darüber sagen die Zahlen wenig.',
        'Nichts ist bekannt über Telefone in der Sonne, Brillen, Schleier, Zittern oder Personen, die die Seite nicht sehen.',
      ],
    },
  };
}
