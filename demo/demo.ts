import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../service/cli/terminal/terminal.ts';
import type { Profile } from '../service/engine/matching/index.ts';
import { type DemoService, startDemoService } from './demo-service.ts';
import { faceSheet } from './face-sheet.ts';
import { findPeople } from './find-people.ts';
import { answerOf, checksOf, renderReport } from './report.ts';
import { ask, cast, enroll, lookAlikes, peopleOf, type Trial } from './trial.ts';
import { meaningOf, oneIn } from './wrong-answer.ts';

const why =
  'The people are cut out of photographs of groups, which attack detection takes for photographs of photographs.\n' +
  'So the demo asks in the test world, where the profile “default” runs none.';

const say = (text: string) => process.stdout.write(`${text}\n`);

const scratch = await mkdtemp(join(tmpdir(), 'gatehouse-demo-data-'));
const out = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'));
let service: DemoService | undefined;
// The scratch directory must not outlive a Ctrl-C; the service is in our process group and stops by itself.
process.once('SIGINT', () => {
  void rm(scratch, { recursive: true, force: true }).then(() => process.exit(130));
});
try {
  say(`${why}
`);
  say('Finding the faces in the sample photographs of @vladmandic/face-api …');
  const photos = await findPeople([...Object.keys(cast.enrolled), ...cast.strangers, cast.again.photo]);
  const { people, strangers } = peopleOf(photos);

  say('Starting Gatehouse in a scratch directory …');
  service = await startDemoService(scratch);
  const { organization } = service;
  const profile = await service.command<Profile>('profile', 'show', 'default', '--org', organization);
  const rates = profile.definition.match;
  say(`Enrolling ${people.length} people over HTTP at ${service.url} (test world) …`);
  await enroll(service, people);
  say('Asking about altered copies of their pictures, wrong names and strangers …\n');
  const trials = await ask(service, photos);

  say(show(trials));
  const alike = await lookAlikes(service, people);
  const faces = await faceSheet(photos, trials);
  const facts = [
    ['People enrolled', people.map(({ name }) => name).join(', ')],
    ['Strangers', `${strangers.length}, from ${cast.strangers.join(' and ')}`],
    ['“Is this …?”', `a stranger passes ${oneIn(rates.falseMatchRate)}`],
    ['“Who is this?”', `a stranger gets any name ${oneIn(rates.falseIdentificationRate)}`],
    ['People who pass as each other', alike.length === 0 ? 'none' : alike.join(', ')],
    ['Median time of an answer', `${median(trials.map(({ milliseconds }) => milliseconds)).toFixed(0)} ms`],
    ['Machine', machine()],
  ] as const;
  await writeFile(join(out, 'faces.png'), faces);
  await writeFile(join(out, 'report.html'), await renderReport({ trials, faces, facts, why, rates }));

  const wrong = trials.filter(({ right }) => !right);
  say(`
${wrong.length === 0 ? `All ${trials.length} answers are right.` : `${wrong.length} of ${trials.length} answers are WRONG.`}
${wrong.map((trial) => `\n  ${trial.who}, ${trial.treatment === 'none' ? 'as it is' : trial.treatment}, “${trial.question}”\n  ${meaningOf(trial, rates)}\n`).join('')}
Altered copies come from the enrolled photograph: they show that it works, not how accurate it is (npm run accuracy).

People who pass as each other: ${alike.length === 0 ? 'none' : alike.join(', ')}.

Pictures:  ${join(out, 'faces.png')}
Report:    ${join(out, 'report.html')}`);
  if (wrong.length > 0) process.exitCode = 1;
} catch (error) {
  process.stderr.write(`The demo could not run: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
  await rm(out, { recursive: true, force: true });
} finally {
  await service?.stop();
  await rm(scratch, { recursive: true, force: true });
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

function machine(): string {
  const { length } = cpus();
  const model = cpus()[0]?.model.replace(/\s+/g, ' ').trim() || 'unknown processor';
  return `${length} ${length === 1 ? 'core' : 'cores'} of ${/^[AEIOU]/i.test(model) ? 'an' : 'a'} ${model}`;
}
