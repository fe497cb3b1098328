import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { Command } from 'commander';
import { createProgress } from '../../service/cli/terminal/progress.ts';
import { createTerminal } from '../../service/cli/terminal/terminal.ts';
import type { Manifest } from '../../service/inference/models/manifest.ts';
import { defined } from '../../service/lib/defined.ts';
import { createChallengesCommand } from '../live/command.ts';
import { keepEvidence } from '../support/evidence.ts';
import { describeMachine } from '../support/machine.ts';
import { manifestFile, withMeasuredPipeline } from '../support/measured-pipeline.ts';
import { addNet, entryFileOf } from './added-net.ts';
import { createBehaviorCommand } from './behavior/command.ts';
import { framesOfClips, measureSteps, readClip } from './challenge-steps.ts';
import { noCache, openEmbeddingCache } from './embedding-cache.ts';
import { type FacesDeps, measureFaces, measureHeldOutFaces, readGroups, readPeople } from './faces.ts';
import { heldOutAsText, heldOutGalleriesAsText, heldOutGroupsAsText } from './held-out.ts';
import { createHumannessCommand } from './humanness/command.ts';
import { measureJudgement } from './judgement.ts';
import { createOwnGalleryCommand } from './own-gallery.ts';
import { measurePad, missingPictures } from './pad.ts';
import { measurePersonRule, personRuleAsText } from './person.ts';
import { facesAsJson, facesAsText, judgementAsText, padAsText } from './render-report.ts';
import { measureSelfies, selfiesAsText } from './selfies.ts';
import { measureScopes, scopesAsText } from './uniqueness.ts';
import { measureUpgrades, upgradesAsText } from './upgrades.ts';
import { writeCalibration, writePersonRule } from './write-calibration.ts';
import { writeOwnPadSet, writePadThresholds } from './write-pad-thresholds.ts';

const terminal = createTerminal(process.stdout, process.stderr);
const today = (): string => new Date().toISOString().slice(0, 10);
const evidenceFolder = join(import.meta.dirname, '../../docs/evidence');
const DEADLINE = 60_000;

interface Common {
  json?: true;
  keep?: true;
  workers: string;
}

const program = new Command('accuracy')
  .description("How good the product's own pipeline is on pictures that are on this machine.")
  .showHelpAfterError();

program
  .command('faces')
  .description('recognition: EER, TAR, thresholds, failure to enroll')
  .requiredOption('--pairs <file>', 'CSV file_a,file_b,same; a picture’s folder is its person')
  .option('--json', 'print JSON; rates as fractions')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--data <text>', 'what the pictures are called in the report; the folder’s name unless given')
  .option('--groups <folder>', 'pictures of people by group, a folder each: the rates of the worst group')
  .option('--calibrate', 'write the tables and figures into models/manifest.json')
  .option(
    '--cache <file>',
    'keep the embeddings in this file and reuse them (biometric data: outside the repository)',
  )
  .option(
    '--held-out',
    'calibrate on one half of the people and measure the other, for 1 to 4 pictures, instead',
  )
  .option('--splits <n>', 'with --held-out: how often the people are split at random', '20')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .addHelpText(
    'after',
    '\nExample: npm run accuracy -- faces --pairs ../shared/data/faces-lfw/pairs.csv --groups ../shared/data/faces-groups',
  )
  .action(
    ({
      pairs,
      groups,
      data,
      calibrate,
      cache,
      heldOut,
      splits,
      ...common
    }: Common & {
      pairs: string;
      groups?: string;
      data?: string;
      calibrate?: true;
      cache?: string;
      heldOut?: true;
      splits: string;
    }) =>
      inScratch(async (scratch) => {
        requireFile(pairs, 'recognition');
        if (groups !== undefined) requireFile(groups, 'recognition by group');
        const workers = Number(common.workers);
        const times = Number(splits);
        if (!Number.isInteger(times) || times < 1)
          throw new Error('--splits takes a whole number from 1, such as 20.');
        if (heldOut && calibrate)
          throw new Error('--held-out measures and writes no tables: leave out --calibrate.');
        const {
          report,
          models,
          heldOut: unseen,
        } = await withMeasuredPipeline(
          { workers, embedders: 'all', scratch },
          async ({ analyzer, manifest, request }) => {
            const deps: FacesDeps = {
              analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
              scorers: manifest.scorers,
              concurrency: 2 * workers,
              progress: await createProgress(terminal, 'faces'),
              cache: cache === undefined ? noCache : openEmbeddingCache(cache, hashesOf(manifest)),
              ...defined({ groups: groups && resolve(groups) }),
            };
            if (heldOut)
              return { models: [], heldOut: await measureHeldOutFaces(resolve(pairs), deps, times) };
            return { models: manifest.models, report: await measureFaces(resolve(pairs), deps) };
          },
        );
        const name = data ?? basename(dirname(resolve(pairs)));
        if (report === undefined) {
          const scorers = Object.entries(unseen ?? {});
          answer(common, `Recognition of people held out, ${name}`, {
            json: { data: name, date: today(), splits: times, scorers: unseen },
            text: [
              `${name}, ${today()}, ${times} splits of the people into halves; FMR in multiples of the nominal rate; mean [95 % of the splits]`,
              ...scorers.flatMap(([id, { rows, groups: byGroup, galleries }]) => [
                ...['', `${id}:`, ...heldOutAsText(rows)],
                ...heldOutGroupsAsText(byGroup),
                ...heldOutGalleriesAsText(galleries),
              ]),
            ].join('\n'),
          });
          return;
        }
        const about = {
          data: `${name}: ${report.pictures} pictures of ${report.people} people, all same-person and all cross pairs`,
          date: today(),
          ...(groups !== undefined && { groups: `${basename(resolve(groups))}: one picture a person` }),
        };
        const accepted = models.filter(({ needsLicenceAcceptance }) => needsLicenceAcceptance);
        const notes = accepted.map(
          ({ id, doubts }) =>
            `${id} is measured but not enabled by default: ${doubts ?? 'its licence must be accepted'}`,
        );
        if (calibrate) writeCalibration(manifestFile, report, about);
        answer(common, `Recognition, ${name}`, {
          json: facesAsJson(report, about),
          text: facesAsText(report, about, notes),
        });
        if (calibrate) terminal.note(`Written to ${manifestFile}.`);
      }),
  );

program
  .command('judgement')
  .description('rules that were changed, each before and after: genuine people refused, strangers accepted')
  .requiredOption('--pairs <file>', 'CSV file_a,file_b,same; a picture’s folder is its person')
  .option('--data <text>', 'what the pictures are called in the report; the folder’s name unless given')
  .option('--cache <file>', 'as of faces')
  .option('--json', 'print JSON; rates as fractions')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .addHelpText('after', '\nExample: npm run accuracy -- judgement --pairs ../shared/data/faces-lfw/pairs.csv')
  .action(({ pairs, data, cache, ...common }: Common & { pairs: string; data?: string; cache?: string }) =>
    inScratch(async (scratch) => {
      requireFile(pairs, 'judgement');
      const workers = Number(common.workers);
      const name = data ?? basename(dirname(resolve(pairs)));
      const reports = await withMeasuredPipeline(
        { workers, embedders: 'all', scratch },
        async ({ analyzer, manifest, request }) => {
          const people = await readPeople(resolve(pairs), {
            analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
            scorers: manifest.scorers,
            concurrency: 2 * workers,
            progress: await createProgress(terminal, 'judgement'),
            cache: cache === undefined ? noCache : openEmbeddingCache(cache, hashesOf(manifest)),
          });
          const reports: Record<string, Awaited<ReturnType<typeof measureJudgement>>> = {};
          for (const scorer of manifest.scorers) reports[scorer.id] = await measureJudgement(people, scorer);
          return reports;
        },
      );
      const about = { data: name, date: today() };
      answer(common, `Judgement before and after, ${name}`, {
        json: { ...about, scorers: reports },
        text: judgementAsText(reports, about),
      });
    }),
  );

program
  .command('uniqueness')
  .description('scopes of 500 people: members who return, and strangers taken for one')
  .option('--pairs <file>', 'as of faces', '../shared/data/faces-lfw/pairs.csv')
  .option('--data <text>', 'what the pictures are called in the report; the folder’s name unless given')
  .option('--cache <file>', 'as of faces')
  .option('--json', 'print JSON; rates as fractions')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .action(({ pairs, data, cache, ...common }: Common & { pairs: string; data?: string; cache?: string }) =>
    inScratch(async (scratch) => {
      requireFile(pairs, 'uniqueness');
      const workers = Number(common.workers);
      const name = data ?? basename(dirname(resolve(pairs)));
      const order = { members: 500, returning: 100, strangers: 300, draws: 5, reviewed: 5 };
      const reports = await withMeasuredPipeline(
        { workers, embedders: 'all', scratch },
        async ({ analyzer, manifest, request }) => {
          const people = await readPeople(resolve(pairs), {
            analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
            scorers: manifest.scorers,
            concurrency: 2 * workers,
            progress: await createProgress(terminal, 'uniqueness'),
            cache: cache === undefined ? noCache : openEmbeddingCache(cache, hashesOf(manifest)),
          });
          return measureScopes(people, manifest.scorers, { ...order, falseFlagRates: [0.001, 0.01, 0.05] });
        },
      );
      const { members, returning, strangers, draws, reviewed } = order;
      const about = `${name}, ${today()}: ${members} members with one picture, ${returning} return, ${strangers} strangers, ${draws} draws; review rate ${reviewed} times the false-flag rate`;
      answer(common, `Uniqueness, ${name}`, {
        json: { data: name, date: today(), ...order, reports },
        text: scopesAsText(reports, about),
      });
    }),
  );

program
  .command('pad')
  .description('presentation attack detection: APCER by species, BPCER, AUC')
  .requiredOption('--manifest <csv>', 'columns file,label,extra as in shared/data/pad')
  .requiredOption('--root <folder>', 'where shared/data/pad/extract.mjs has laid the pictures out')
  .option('--set <id>', 'PAD set of models/manifest.json', 'minifasnet-pair')
  .option(
    '--add <file>',
    'one more net in the set: an ONNX file of your own with its entry beside it (docs/MODELS.md)',
  )
  .option('--weight <w>', 'with --add: the weight of its logit', '0.5')
  .option('--data <text>', 'what the pictures are called in the report; the file’s name unless given')
  .option(
    '--calibrate',
    'write the thresholds and figures into models/manifest.json, with --add into its entry',
  )
  .option('--json', 'print JSON; rates as fractions')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .addHelpText(
    'after',
    '\nExample: npm run accuracy -- pad --manifest ../shared/data/pad/replay-attack-stills.csv --root /tmp/pad',
  )
  .action(
    ({
      manifest: csv,
      root,
      set: asked,
      add: file,
      weight,
      data,
      calibrate,
      ...common
    }: Common & {
      manifest: string;
      root: string;
      set: string;
      add?: string;
      weight: string;
      data?: string;
      calibrate?: true;
    }) =>
      inScratch(async (scratch) => {
        requireFile(csv, 'presentation attack detection');
        const missing = missingPictures(csv, root);
        if (missing.length > 0) {
          throw new Error(
            `Not measured: ${missing.length} pictures of ${csv} are not under ${root} (the first is ${missing[0]}). ` +
              'Lay them out with shared/data/pad/extract.mjs from a copy of the repositories that the file names.',
          );
        }
        const workers = Number(common.workers);
        if (!Number.isFinite(Number(weight))) throw new Error('--weight takes a number, such as 0.5.');
        const set = file === undefined ? asked : `${asked}-${basename(file, '.onnx')}`;
        const { report, measured } = await withMeasuredPipeline(
          {
            workers,
            embedders: 'none',
            pad: set,
            scratch,
            prepare: async (library) => {
              if (file !== undefined) await addNet(library, { file, weight: Number(weight), to: asked, set });
            },
          },
          async ({ analyzer, request, manifest }) => ({
            measured: manifest.padSets.find(({ id }) => id === set)!,
            report: await measurePad(csv, root, {
              analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
              concurrency: 2 * workers,
              progress: await createProgress(terminal, 'pad'),
            }),
          }),
        );
        const about = { data: data ?? basename(csv, '.csv'), set, date: today() };
        const written = file === undefined ? manifestFile : entryFileOf(file);
        if (calibrate && file !== undefined) writeOwnPadSet(written, measured, report, about);
        else if (calibrate) writePadThresholds(written, report, about);
        answer(common, `Presentation attacks, ${set} on ${about.data}`, {
          json: { ...about, ...report },
          text: padAsText(report, about),
        });
        if (calibrate) terminal.note(`Written to ${written}.`);
      }),
  );

program
  .command('selfies')
  .description('first pictures of living people that the profile `default` accepts in the live world')
  .requiredOption('--pictures <folder>', 'pictures of living people, such as shared/data/selfies/live')
  .option('--set <id>', 'PAD set of models/manifest.json', 'minifasnet-pair')
  .option('--json', 'print JSON; rates as fractions')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .action(({ pictures, set, ...common }: Common & { pictures: string; set: string }) =>
    inScratch(async (scratch) => {
      requireFile(pictures, 'selfies');
      const report = await withMeasuredPipeline(
        { workers: Number(common.workers), embedders: 'default', pad: set, scratch },
        ({ analyzer, request }) =>
          measureSelfies(pictures, (picture) =>
            analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
          ),
      );
      answer(common, `First pictures, ${set}`, {
        json: { set, date: today(), ...report },
        text: `${set}, ${today()}; ${selfiesAsText(report)}`,
      });
    }),
  );

program
  .command('person')
  .description(
    'pictures that show no person: drawings, paintings, statues, animals; and people refused as such',
  )
  .requiredOption('--pairs <file>', 'as of faces')
  .requiredOption('--groups <folder>', 'as of faces')
  .requiredOption('--others <folder>', 'pictures that show no person, one face each, a folder for each kind')
  .option('--embedder <id>', 'whose vectors are judged', 'face-reidentification-retail-0095')
  .option('--cache <file>', 'as of faces')
  .option('--calibrate', 'write the rule and its figures into models/manifest.json')
  .option('--json', 'print JSON; rates as fractions')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .action(
    ({
      pairs,
      groups,
      others,
      embedder,
      cache,
      calibrate,
      ...common
    }: Common & {
      pairs: string;
      groups: string;
      others: string;
      embedder: string;
      cache?: string;
      calibrate?: true;
    }) =>
      inScratch(async (scratch) => {
        for (const file of [pairs, groups, others]) requireFile(file, 'pictures of no person');
        const workers = Number(common.workers);
        const { rule, shares } = await withMeasuredPipeline(
          { workers, embedders: 'all', scratch },
          async ({ analyzer, manifest, request }) =>
            measurePersonRule(resolve(pairs), resolve(others), embedder, {
              analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
              scorers: manifest.scorers,
              concurrency: 2 * workers,
              progress: await createProgress(terminal, 'person'),
              cache: cache === undefined ? noCache : openEmbeddingCache(cache, hashesOf(manifest)),
              groups: resolve(groups),
            }),
        );
        const about = {
          data: [dirname(pairs), groups, others].map((one) => basename(resolve(one))).join(', '),
          date: today(),
        };
        if (calibrate) writePersonRule(manifestFile, embedder, { rule, shares }, about);
        answer(common, 'Pictures of no person', {
          json: { ...about, shares },
          text: personRuleAsText(shares, about),
        });
      }),
  );

program.addCommand(createChallengesCommand(terminal, evidenceFolder));
program.addCommand(createHumannessCommand(terminal, evidenceFolder));
program.addCommand(createBehaviorCommand(terminal, evidenceFolder));
program
  .command('upgrades')
  .description('a change of embedder: strangers of the former one, and people, whose two visits upgrade')
  .option('--pairs <file>', 'as of faces', '../shared/data/faces-lfw/pairs.csv')
  .option('--groups <folder>', 'as of faces', '../shared/data/faces-groups')
  .option('--cache <file>', 'as of faces')
  .option('--json', 'print JSON')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', String(availableParallelism()))
  .action(({ pairs, groups, cache, ...common }: Common & { pairs: string; groups: string; cache?: string }) =>
    inScratch(async (scratch) => {
      for (const file of [pairs, groups]) requireFile(file, 'a change of embedder');
      const workers = Number(common.workers);
      const reports = await withMeasuredPipeline(
        { workers, embedders: 'all', scratch },
        async ({ analyzer, manifest, request }) => {
          const deps: FacesDeps = {
            analyze: (picture) => analyzer.analyze(picture, { ...request, deadline: DEADLINE }),
            scorers: manifest.scorers,
            concurrency: 2 * workers,
            progress: await createProgress(terminal, 'upgrades'),
            cache: cache === undefined ? noCache : openEmbeddingCache(cache, hashesOf(manifest)),
            groups: resolve(groups),
          };
          const people = await readPeople(resolve(pairs), deps);
          return measureUpgrades(people, await readGroups(deps), manifest.scorers);
        },
      );
      const data = [dirname(resolve(pairs)), groups].map((one) => basename(resolve(one))).join(' and ');
      answer(common, `A change of embedder, ${data}`, {
        json: { data, date: today(), reports },
        text: upgradesAsText(reports, `${data}, ${today()}`),
      });
    }),
  );

program.addCommand(createOwnGalleryCommand(terminal, hashesOf));

program
  .command('challenge-steps')
  .description('steps of live challenges on clips: turns that are found, steps that pass unasked')
  .option('--clips <folders...>', 'clips of one person each; ffmpeg has to be installed', [
    '../shared/data/video',
  ])
  .option('--json', 'print JSON')
  .option('--keep', 'keep the report in docs/evidence/accuracy.md and .json')
  .option('--workers <n>', 'worker threads', '1')
  .action(({ clips, ...common }: Common & { clips: string[] }) =>
    inScratch(async (scratch) => {
      for (const folder of clips) requireFile(folder, 'challenges');
      const report = await withMeasuredPipeline(
        { workers: Number(common.workers), embedders: 'none', scratch: join(scratch, 'models') },
        async ({ analyzer, request }) => {
          const readings = [];
          for (const frames of clips.flatMap((folder) => framesOfClips(folder, join(scratch, 'frames'))))
            readings.push(
              await readClip(frames, (jpeg, face) =>
                analyzer.analyze(jpeg, {
                  ...request,
                  challenge: true,
                  deadline: DEADLINE,
                  ...(face && { follow: { box: face.box, mesh: face.motion.mesh } }),
                }),
              ),
            );
          return measureSteps(readings);
        },
      );
      const about = { data: clips.map((folder) => basename(resolve(folder))).join(' and '), date: today() };
      answer(common, `Steps of live challenges, ${about.data}`, {
        json: { ...about, ...report },
        text: [
          `${about.data}, ${about.date}: ${report.clips} clips`,
          'turns of 15° and more, and those that the step finds:',
          ...report.turns.map(
            (one) => `  at ${one.framesPerSecond} frames a second: ${one.found} of ${one.turns}`,
          ),
          `steps begun every second in ${report.unasked.clips} clips (${report.unasked.seconds} s) whose head keeps still, passed unasked:`,
          ...Object.entries(report.unasked.steps).map(
            ([name, one]) => `  ${name}: ${one.passed} of ${one.begun}`,
          ),
        ].join('\n'),
      });
    }),
  );

try {
  await program.parseAsync();
} catch (error) {
  terminal.note(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/** Of every model that may take part. */
function hashesOf({ models }: Manifest): string {
  return models
    .map(({ id, sha256 }) => `${id}:${sha256}`)
    .sort()
    .join();
}

function requireFile(file: string, what: string): void {
  if (!existsSync(file))
    throw new Error(`Not measured: ${what} needs ${file}, which is not on this machine.`);
}

function answer(
  { json, keep }: Common,
  title: string,
  report: { json: Record<string, unknown>; text: string },
): void {
  terminal.answer(json ? JSON.stringify(report.json, null, 2) : report.text);
  if (!keep) return;
  // Files may be named after people.
  const { failures: _, ...measured } = report.json;
  const lines = ['```', ...report.text.split('\n'), '```'];
  keepEvidence(evidenceFolder, 'accuracy', { [title]: { title, measured, lines } }, describeMachine());
  terminal.note(`Kept in ${evidenceFolder}.`);
}

async function inScratch(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-accuracy-'));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
