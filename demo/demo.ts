import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../service/cli/terminal.ts';
import type { Profile } from '../service/engine/checks/index.ts';
import { annotate } from './annotate.ts';
import { type DemoService, startDemoService } from './demo-service.ts';
import { findPeople } from './find-people.ts';
import { answerOf, checksOf, renderReport } from './report.ts';
import { ask, cast, enroll, peopleOf, type Trial } from './trial.ts';

/** A stranger gets any name once in a thousand times: the rate of the strict profiles. */
const GALLERY_RATE = 0.001;
const PROFILE = 'demo';

const say = (text: string) => process.stdout.write(`${text}\n`);

const scratch = await mkdtemp(join(tmpdir(), 'gatehouse-demo-data-'));
const out = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'));
let service: DemoService | undefined;
// The scratch directory must not outlive a Ctrl-C; the service is in our process group and stops by itself.
process.once('SIGINT', () => {
  void rm(scratch, { recursive: true, force: true }).then(() => process.exit(130));
});
try {
  say('Finding the faces in the sample photographs of @vladmandic/face-api …');
  const photos = await findPeople([...Object.keys(cast.enrolled), ...cast.strangers, cast.again.photo]);
  const { people, strangers } = peopleOf(photos);

  say('Starting Gatehouse in a scratch directory …');
  service = await startDemoService(scratch);
  await setProfile(service);
  say(`Enrolling ${people.length} people over HTTP at ${service.url} (test world) …`);
  await enroll(service, people);
  say('Asking about altered copies of their pictures, wrong names and strangers …\n');
  const trials = await ask(service, photos, PROFILE);

  say(show(trials));
  const annotated = await annotate(photos, trials);
  const facts = [
    ['People enrolled', people.map(({ name }) => name).join(', ')],
    ['Strangers', `${strangers.length}, from ${cast.strangers.join(' and ')}`],
    ['“Is this …?”', 'default profile: a stranger passes 1 time in 10,000'],
    ['“Who is this?”', `a stranger gets any name 1 time in ${(1 / GALLERY_RATE).toLocaleString('en')}`],
    ['Median time of an answer', `${median(trials.map(({ milliseconds }) => milliseconds)).toFixed(0)} ms`],
    ['Machine', `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`],
  ] as const;
  await writeFile(join(out, 'faces.png'), annotated);
  await writeFile(join(out, 'report.html'), await renderReport({ trials, annotated, facts }));

  const wrong = trials.filter(({ right }) => !right);
  say(`
${wrong.length === 0 ? `All ${trials.length} answers are right.` : `${wrong.length} of ${trials.length} answers are WRONG.`}
Altered copies come from the enrolled photograph: they show that it works, not how accurate it is (npm run accuracy).

Pictures:  ${join(out, 'faces.png')}
Report:    ${join(out, 'report.html')}`);
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await service?.stop();
  await rm(scratch, { recursive: true, force: true });
}

/** The organization's own profile, made as an operator would: `default` with a stricter rate for one-to-many. */
async function setProfile({ command, organization }: DemoService): Promise<void> {
  const { definition } = await command<Profile>('profile', 'show', 'default', '--org', organization);
  const file = join(scratch, 'demo-profile.json');
  const match = { ...definition.match, falseIdentificationRate: GALLERY_RATE };
  await writeFile(file, JSON.stringify({ ...definition, name: 'Demo', match }));
  await command('profile', 'set', PROFILE, '--file', file, '--org', organization);
}

function show(trials: readonly Trial[]): string {
  const rows = trials.map((trial) => [
    trial.right ? 'ok' : 'WRONG',
    trial.who,
    trial.treatment === 'none' ? 'as it is' : trial.treatment,
    trial.question,
    answerOf(trial),
    trial.answer.confidence?.toFixed(2),
    trial.answer.compositeScore?.toFixed(2),
    checksOf(trial.answer.checkResults ?? []),
    Math.round(trial.milliseconds),
  ]);
  const header = [
    '',
    'in the picture',
    'picture',
    'question',
    'answer',
    'confidence',
    'composite',
    'checks',
    'ms',
  ];
  return table(header, rows, '');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
