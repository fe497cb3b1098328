import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../../service/lib/median.ts';
import { clusterBootstrap } from '../accuracy/interval.ts';
import { markdownTable } from '../support/evidence.ts';
import type { Machine } from '../support/machine.ts';
import type { Draw } from './attack.ts';
import { type AttackRow, type PersonRow, type Setting, settingName } from './measure.ts';
import type { RepeatsRow } from './repeats.ts';
import type { RestRow } from './rest.ts';
import { species } from './species.ts';

/** Sessions of live people under one setting and on one path. */
export interface PeoplePart {
  setting: Setting;
  motion: boolean;
  rows: PersonRow[];
}

/** `machine`: of a row that was measured before the newest of its species. */
type KeptRow = AttackRow & { machine?: Machine };

export interface Kept {
  /** By species. */
  attacks: Record<string, { rows: KeptRow[]; machine: Machine }>;
  people: Record<string, PeoplePart & { machine: Machine }>;
  repeats?: { rows: readonly RepeatsRow[]; machine: Machine };
  rest?: { rows: readonly RestRow[]; machine: Machine };
  /** What was measured by other scripts, in words; kept until it is written anew. */
  beside?: readonly string[];
}

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
    ...preface(attacks),
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

/** When the evidence was first weighed as it is. What is measured before has another judge. */
export const JUDGE_SINCE = '2026-11-27';

/** A row is of the judge of its day. */
const judgedBy = ({ date, commit }: Machine): string =>
  `${date.replace('T', ' ')}, ${commit.slice(0, 8)}${date < JUDGE_SINCE ? ', **by an older judge**' : ''}`;

const draws: Record<Draw, string> = {
  product: "product's",
  'within reach': 'within reach',
  same: 'the same again',
};

/** What the words are about. */
function hitsOf(attacks: Kept['attacks']): (name: string, setting?: string) => string {
  return (name, wanted = 'with PAD') => {
    const { rows, machine } = attacks[name] ?? {};
    const row = rows?.find(({ setting }) => settingName(setting) === wanted);
    if (!row || !machine) return 'not measured yet';
    const { date } = row.machine ?? machine;
    return `${row.accepted.hits} of ${row.trials}${date < JUDGE_SINCE ? ' (older judge)' : ''}`;
  };
}

function preface(attacks: Kept['attacks']): string[] {
  const hits = hitsOf(attacks);
  return [
    "Made by `npm run accuracy -- challenges --keep` (CONTRIBUTING.md). The judge is the product's own (`engine/challenges`), and so are the nets; frames are 480 x 480 JPEG, ten a second.",
    'Attacks reach the judge as what the nets read of their frames, and not through a browser, a network and the door of live sessions. Tampering and repeated frames go through the door as well, over HTTP and WebSockets, without nets (`test/attacks/live-tampering.test.ts`).',
    'What the nets read of a picture is read once; a picture that is shown again reads with the noise between two frames of a still head (LIVENESS.md §1).',
    '',
    '**Simulated** means drawn by us and not filmed: nothing here is an evaluation after ISO/IEC 30107-3. An attack counts as accepted when the challenge is passed, whatever the identity match and the store of frame hashes would add.',
    "Intervals over trials are Wilson's; trials of one source resemble each other, so the number of sources bounds what they are worth.",
    '',
    'Each row says how the steps were drawn:',
    '',
    "- **product's**: at random, of all steps of the default profile, as a session does it. An attacker meets this one.",
    "- **within reach**: at random, of those steps alone that the attacker's recording shows. It takes the random steps from the product's defense and stands for an attacker with better recordings than ours; tampering and two people are drawn so too, because what is tried there is not the draw.",
    '- **the same again**: in all three attempts the very steps of the old session, in its order: the worst case, one draw of 120 for `default`, of 1,200 for `strict-finance` and `high-security`, of 7,200 for `fortress`. It says what the rule of repeated movements achieves by itself.',
    '',
    'What the figures say, with PAD and not strict, against the goals of the issue:',
    '',
    `- **Print, puppet, recaptures that are moved, tampering: goal 0** (puppet 5 %). print-still ${hits('print-still')}, print-moved ${hits('print-moved')}, print-tilted ${hits('print-tilted')}, print-bent ${hits('print-bent')}, print-bent-others ${hits('print-bent-others')}, print-bent-portraits ${hits('print-bent-portraits')}, replay-recaptured ${hits('replay-recaptured')}, puppet ${hits('puppet')}, tampered-early ${hits('tampered-early')}, tampered-clock ${hits('tampered-clock')}, tampered-repeat ${hits('tampered-repeat')}. A blink is in every draw, and paper has no lids: no print comes to the end of an attempt. Where a profile asks for turns alone (\`phantom\`): ${hits('print-bent-portraits-turns')}; those that pass are of one sheet, which every measure takes for a head (docs/LIVENESS.md).`,
    `- **A print with a strip of closed lids**, laid over its eyes when a blink is asked for: ${hits('print-bent-lids')} (without PAD ${hits('print-bent-lids', 'without PAD')}). A row of its own, because it stands for those who know of the blink. The photographs of this row and of \`print-bent-portraits\` are of LFW, of a list that no limit was chosen on.`,
    `- **The frames of an old session, encoded anew: goal 0.** As the product draws, both sessions for one address: ${hits('replay-old-session')}. When the same steps are asked for three times: ${hits('replay-old-session-same-draw')}: the rule of repeated movements needs a face that moves beside what is asked for. Where a session names no address, one draw of 120 is that of the old session by chance (1 of 300 on 2026-11-27).`,
    `- **The same on the path without motion: goal 0.** ${hits('replay-old-session-no-motion')} pass the checks, which is what a profile with \`challenge.withoutMotion: allow\` approves. By default each of them waits for a person, so that Gatehouse itself approves 0 of 300. The path has the assurance \`passive-frames\`.`,
    `- **Replay from a screen, the film in its own order: goal 0.** ${hits('replay-screen')}, and ${hits('replay-screen', 'without PAD')} where no PAD model is installed; an old session shown from a screen: ${hits('replay-screen-session')}, with the same draw three times ${hits('replay-screen-session-same-draw')}. The recapture is simulated; real ones stand below.`,
    `- **A screen on which the part that fits each step is played when it is asked for** is injection through the camera, and is counted with it: goal 5 %. ${hits('replay-screen-chosen')} as the product draws, ${hits('replay-screen-chosen-within-reach')} within reach. **The goal is missed.**`,
    `- **Injection: goal 5 %.** Cut hard ${hits('injection-cut')} (within reach ${hits('injection-cut-within-reach')}), spliced smoothly ${hits('injection-spliced')} (${hits('injection-spliced-within-reach')}), of recordings that a session was spliced from before ${hits('injection-known')} (${hits('injection-known-within-reach')}), with unlimited footage ${hits('injection-unlimited')} (${hits('injection-unlimited-within-reach')}). Recordings are of 31 people. **The goal is missed**: that stream is the one that stands for a live person here. As the product draws, most recordings lack a step and fail for that alone. The name of a virtual camera is a signal, and a client can lie about it.`,
    `- **Two people**: ${hits('two-people')}.`,
    '- **Live people**: 31 recordings show turns. Dev data: measures, distributions and limits were chosen with all of them in view; each person is judged by a fit without that person. All were framed to a face of a third of the picture; coming closer is simulated by enlarging; the frames of a turn are spliced and played to and fro. So each session is judged by itself, without the rule of repeated movements: two sessions of one short recording show the same frames, as no living person does. That rule is held against living people below. Never measured: people filmed for this product, phones in the sun, veils, tremor, children.',
    `- **Face swaps**: ${hits('face-swap')} as the product draws, because no clip shows every step; ${hits('face-swap-within-reach')} within reach of the clips. A swap is a living person who does every step: nothing in the product sees it.`,
    `- **Real recaptures of people who turn**: ${hits('recapture-turning')} as the product draws, ${hits('recapture-turning-within-reach')} within reach, of the one clip of four that shows turns that can be used. It shows no blink, and PAD takes its frames for alive when they are framed to a third of the picture.`,
    '- Sources: `../shared/data`, and clips of KwaiVGI/LivePortrait, Zielon/metrical-tracker and yoyo-nb/Thin-Plate-Spline-Motion-Model for measuring only; none is redistributed.',
  ];
}

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

const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

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

/** Mean over people of a share of each one's sessions, with a bootstrap over people. */
function meanOver(rows: readonly PersonRow[], pick: (row: PersonRow) => number): string {
  if (rows.length === 0) return '-';
  const shares = rows.map((row) => pick(row) / row.sessions);
  const mean = (counts: ArrayLike<number>) =>
    shares.reduce((sum, share, i) => sum + counts[i]! * share, 0) /
    shares.reduce((sum, _, i) => sum + counts[i]!, 0);
  const [interval] = clusterBootstrap(rows.length, (drawn) => [mean(drawn)], { replicates: 2000, seed: 46 });
  return `${percent(mean(shares.map(() => 1)))} [${interval!.map(percent).join(' to ')}]`;
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
