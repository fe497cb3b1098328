import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../../service/lib/median.ts';
import { markdownTable } from '../support/evidence.ts';
import type { Machine } from '../support/machine.ts';
import type { Draw } from './attack.ts';
import type { Kept, KeptRow, PeoplePart } from './kept.ts';
import { type AttackRow, type PersonRow, settingName } from './measure.ts';
import type { RepeatsRow } from './repeats.ts';
import { details, JUDGE_SINCE, meanOver, percent, summary } from './report-words.ts';
import type { RestRow } from './rest.ts';
import { species } from './species.ts';

/** Keeps what was measured now beside what was measured before, and renders all of it to `FOLDER/liveness.md`. */
export function keepLiveness(
  folder: string,
  measured: {
    attacks?: readonly AttackRow[];
    people?: readonly PeoplePart[];
    repeats?: readonly RepeatsRow[];
    rest?: readonly RestRow[];
  },
  machine: Machine,
): void {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'liveness.json');
  const kept: Kept = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Kept)
    : { attacks: {}, people: {} };
  for (const row of measured.attacks ?? []) {
    const before = kept.attacks[row.species];
    // rows of an older judge must not get the date of this one
    const others = (before?.rows ?? [])
      .filter(({ setting }) => settingName(setting) !== settingName(row.setting))
      .map((other) => ({ ...other, machine: other.machine ?? before!.machine }))
      .filter((other) => other.machine.date >= JUDGE_SINCE)
      .map(
        ({ machine: own, ...other }): KeptRow => (isSame(own, machine) ? other : { ...other, machine: own }),
      );
    const rows = [...others, row].toSorted((a, b) => placeOf(a) - placeOf(b));
    kept.attacks[row.species] = { rows, machine };
  }
  for (const part of measured.people ?? []) kept.people[partName(part)] = { ...part, machine };
  if (measured.rest) kept.rest = { rows: measured.rest, machine };
  if (measured.repeats) kept.repeats = { rows: measured.repeats, machine };
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(join(folder, 'liveness.md'), render(kept));
}

/** With PAD, without it, then the strict ones. */
const placeOf = ({ setting: { pad, strict } }: AttackRow): number => (strict ? 2 : 0) + (pad ? 0 : 1);

const isSame = (one: Machine, other: Machine) => describe(one) === describe(other);

const partName = ({ setting, motion }: Omit<PeoplePart, 'rows'>): string =>
  `${motion ? 'with motion' : 'without motion'}, ${settingName(setting)}`;

export function render({ attacks, people, repeats, rest, beside = [] }: Kept): string {
  const machines = new Set(
    [
      ...Object.values(attacks).flatMap(({ rows, machine }) => rows.map((row) => row.machine ?? machine)),
      ...[...Object.values(people), ...(repeats ? [repeats] : []), ...(rest ? [rest] : [])].map(
        ({ machine }) => machine,
      ),
    ].map(describe),
  );
  return `${[
    '# Live verification: who passes the challenge',
    '',
    ...summary({ attacks, people }),
    '',
    ...details(attacks),
    '',
    '## Attacks',
    '',
    ...notMeasured(attacks),
    ...markdownTable(
      [
        'species',
        'draw',
        'setting',
        'trials (sources)',
        'accepted within 3 attempts',
        '95 %',
        'at the first',
        'attempts that did every step, of them passed',
        'stopped by (attempts)',
        'measured',
      ],
      Object.values(attacks).flatMap(({ rows, machine }) =>
        rows.map((row) => [...attackLine(row), judgedBy(row.machine ?? machine)]),
      ),
    ),
    '',
    '### Which row is which attacker',
    '',
    ...Object.entries(attacks).map(
      ([name, { rows }]) => `- **${name}**: one who ${rows[0]?.attacker}. How it is made: ${rows[0]?.made}.`,
    ),
    '',
    '## Live people',
    '',
    ...Object.entries(people).flatMap(([name, part]) => peopleLines(name, part)),
    ...repeatsLines(repeats?.rows),
    ...(rest ? restLines(rest) : []),
    ...beside,
    '## Measured',
    '',
    ...[...machines].map((line) => `- ${line}`),
  ].join('\n')}\n`;
}

/** A row is of the judge of its day. */
const judgedBy = ({ date, commit }: Machine): string =>
  `${date.replace('T', ' ')}, ${commit.slice(0, 8)}${date < JUDGE_SINCE ? ', **by an older judge**' : ''}`;

const draws: Record<Draw, string> = {
  product: "product's",
  'within reach': 'within reach',
  same: 'the same again',
};

function notMeasured(attacks: Kept['attacks']): string[] {
  const isStrict = ({ setting }: AttackRow) => setting.strict;
  const none = species.filter(({ name }) => attacks[name] === undefined);
  const notStrict = species.filter(({ name }) => attacks[name] && !attacks[name].rows.some(isStrict));
  const line = (what: string, those: typeof species) =>
    those.length === 0 ? [] : [`${what}: ${those.map(({ name }) => name).join(', ')}.`, ''];
  return [
    ...line('Defined and not measured at this size yet', none),
    ...line('Not measured with the strict limits yet', notStrict),
  ];
}

function attackLine(row: AttackRow): (string | number)[] {
  const { accepted, firstTry, finished, reasons } = row;
  const gates = Object.entries(finished.gates).map(([gate, count]) => `${gate} ${count}`);
  const top = Object.entries(reasons)
    .slice(0, 5)
    .map(([reason, count]) => `${reason} ${count}`);
  return [
    row.species,
    draws[row.draw],
    settingName(row.setting),
    `${row.trials} (${row.sources})`,
    `**${accepted.hits}**${accepted.hits > 0 ? ` (${percent(accepted.hits / accepted.of)}; of ${row.acceptedSources} sources)` : ''}`,
    accepted.interval.map(percent).join(' to '),
    firstTry.hits,
    `${finished.attempts}, ${finished.passed}${gates.length > 0 ? `; gates: ${gates.join(', ')}` : ''}`,
    top.join(', '),
  ];
}

const cameras = {
  own: 'before their own phone or webcam',
  studio: 'in studios, broadcasts and films',
} as const;

function peopleLines(name: string, { rows, machine, motion }: PeoplePart & { machine: Machine }): string[] {
  const line = (what: string, of: readonly PersonRow[]) => [
    ...[what, of.length, of.reduce((sum, { sessions }) => sum + sessions, 0)],
    ...[meanOver(of, ({ passed }) => passed), meanOver(of, ({ firstTry }) => firstTry)],
    of.length === 0 ? '-' : percent(Math.min(...of.map(({ passed, sessions }) => passed / sessions))),
    median(of.map(({ medianSeconds }) => medianSeconds).filter(Number.isFinite)).toFixed(1),
  ];
  return [
    `### ${name[0]!.toUpperCase()}${name.slice(1)}`,
    '',
    `Measured ${judgedBy(machine)}. Each session by itself.`,
    ...(motion
      ? [
          'Each person is judged by weights that were fitted without that person. The limit on their sum, the measures and all other limits were chosen with all of them in view, so these figures flatter: people that the box has never seen may pass less often.',
        ]
      : []),
    '',
    ...markdownTable(
      [
        'people',
        'number',
        'sessions',
        'pass within 3 (mean over people, 95 %)',
        'at the first',
        'least of a person',
        'median s',
      ],
      [
        line('all', rows),
        ...(['own', 'studio'] as const).map((camera) =>
          line(
            cameras[camera],
            rows.filter((row) => row.camera === camera),
          ),
        ),
      ],
    ),
    '',
    ...markdownTable(
      [
        'recording',
        'camera',
        'steps it shows',
        'passed within 3',
        'first try',
        'median s',
        'attempts that did not pass',
      ],
      rows.map((row) => [
        ...[row.person, row.camera, row.steps.join(', ')],
        ...[`${row.passed} of ${row.sessions}`, row.firstTry],
        Number.isFinite(row.medianSeconds) ? row.medianSeconds.toFixed(1) : '-',
        Object.entries(row.reasons)
          .map(([reason, count]) => `${reason} ${count}`)
          .join(', '),
      ]),
    ),
    '',
  ];
}

const repeatsLines = (rows: readonly RepeatsRow[] | undefined): string[] => [
  '## Living people against the rule of repeated movements',
  '',
  ...(rows ? repeatsTable(rows) : ['Not measured for this file yet.', '']),
];

const repeatsTable = (rows: readonly RepeatsRow[]): string[] => [
  'Recordings of living people, played as they were recorded and never twice, in parts that stand for an attempt. Two short stretches (1.6 s) or one long one (4 s) that were shown before refuse it. No recording here shows one person asked for the same step twice:',
  'natural turns stand for it, few, and drawn heads, whose habits (reaction, speed, reach) stay and vary by 60 ms, 10 % and 5 % from time to time; a sway of .3 is that of the median person of Replay-Attack (yaw .5° over 15 s), .05 is below what any camera here reads of a living person.',
  'The limits were chosen while looking at these recordings and at 40 replayed sessions of each of three recordings with other random numbers than those of the rows above; there are no other recordings with turns, so these rows are no independent test; the drawn heads are others than those that were looked at.',
  '',
  ...markdownTable(
    [
      'compared',
      'parts or pairs',
      'short stretches, of them shown before',
      'long ones, of them shown before',
      'refused',
      '95 %',
    ],
    rows.map(({ compared, of, stretches, repeated, longStretches, longRepeated, refused, interval }) => [
      ...[compared, of, `${stretches}, ${repeated}`, `${longStretches}, ${longRepeated}`, `**${refused}**`],
      of === 0 ? '-' : interval.map(percent).join(' to '),
    ]),
  ),
  '',
];

const restLines = ({ rows, machine }: NonNullable<Kept['rest']>): string[] => [
  '## Faces at rest',
  '',
  `Measured ${judgedBy(machine)}. Parts of 5 s of the recordings that show what the path without motion asks for, as they were recorded. Copies are the same frames, decoded and encoded in five other ways.`,
  'The limit, a correlation of .75, was chosen while looking at the recordings that other thresholds saw too (rows "chosen on"): it lies in the middle between copies and living people there. The rows of other people were read once, with that limit. Few of them are long enough to compare a person with themselves.',
  '',
  ...markdownTable(
    [
      'compared',
      'people',
      'pairs',
      'too little to compare',
      'found',
      '95 %',
      'least (copies) or largest likeness',
    ],
    rows.map(({ compared, people, pairs, uncompared, found, interval, extreme }) => [
      ...[compared, people, pairs, uncompared, `**${found}**`],
      ...[pairs === 0 ? '-' : interval.map(percent).join(' to '), extreme.toFixed(3)],
    ]),
  ),
  '',
];

const describe = (machine: Machine): string =>
  `${machine.date} UTC, commit ${machine.commit}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}; Node ${machine.node}, ONNX Runtime ${machine.onnxruntime}`;
