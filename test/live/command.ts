import { join } from 'node:path';
import { Command } from 'commander';
import type { Terminal } from '../../service/cli/terminal/terminal.ts';
import { describeMachine } from '../support/machine.ts';
import { canKeepStill } from './attack.ts';
import { fitAnew, withoutEach } from './fit-weights.ts';
import { measureAttack, measurePeople, type Setting } from './measure.ts';
import { withLivePipeline } from './open.ts';
import { cacheFolder } from './readings.ts';
import { measureRepeats } from './repeats.ts';
import { keepLiveness } from './report.ts';
import { measureRest } from './rest.ts';
import { collectSamples } from './samples.ts';
import { type SourceOptions, withSourceOptions } from './source-options.ts';
import { openSources } from './sources.ts';
import { species } from './species.ts';

const settings: readonly Setting[] = [
  { pad: true, strict: false },
  { pad: false, strict: false },
  { pad: true, strict: true },
];

interface Options extends SourceOptions {
  only?: string;
  trials: string;
  sessions: string;
  settings: string;
  fit?: true;
  keep?: true;
}

/** `npm run accuracy -- challenges`: attacks on live sessions by species, and live people. Long: `--only` cuts it into parts. */
export function createChallengesCommand(terminal: Terminal, evidenceFolder: string): Command {
  const names = species.map(({ name }) => name);
  return withSourceOptions(new Command('challenges'))
    .description('live sessions: attacks accepted by species, live people passed')
    .option('--only <names>', `of: ${names.join(', ')}, people, rest; comma between them`)
    .option('--trials <n>', 'of each species', '300')
    .option('--sessions <n>', 'of each live person', '30')
    .option('--settings <names>', 'usual, strict; comma between them', 'usual,strict')
    .option(
      '--fit',
      'fit the weights of the evidence anew, print what separates, and write them where the product reads them',
    )
    .option('--keep', 'keep the report in docs/evidence/liveness.md and .json')
    .addHelpText(
      'after',
      '\nWhat the nets read is biometric and is kept in GATEHOUSE_LIVE_CACHE (~/.cache/gatehouse-live unless set), never here.' +
        '\nExample: npm run accuracy -- challenges --only print-bent,people --keep',
    )
    .action(async ({ only, trials, sessions, settings: asked, fit, keep, ...where }: Options) => {
      const wanted = only?.split(',') ?? (fit ? [] : [...names, 'people', 'rest']);
      const unknown = wanted.find((name) => !['people', 'rest'].includes(name) && !names.includes(name));
      if (unknown !== undefined) throw new Error(`There is no species "${unknown}".`);
      const say = (line: string) => terminal.note(line);
      const cache = cacheFolder();
      await withLivePipeline({ cache, workers: Number(where.workers), say }, async ({ readings, models }) => {
        const pad = where.pad ?? join(cache, 'pad');
        const sources = await openSources({ readings, cache, video: where.video, pad, faces: where.faces });
        for (const line of sources.missing) say(`Not there: ${line}.`);
        const usable = settings.filter(({ strict }) =>
          asked.split(',').includes(strict ? 'strict' : 'usual'),
        );
        const deps = { sources, readings, models, say };
        if (fit) fitAnew(await collectSamples(deps), terminal);
        for (const one of species.filter(({ name }) => wanted.includes(name))) {
          const attacks = await measureAttack(one, usable, Number(trials), deps);
          terminal.answer(JSON.stringify(attacks));
          if (keep) keepLiveness(evidenceFolder, { attacks }, describeMachine());
        }
        if (wanted.includes('rest')) {
          const repeats = measureRepeats(sources.people);
          const rest = await measureRest(sources.people.filter(canKeepStill), readings);
          terminal.answer(JSON.stringify({ repeats, rest }));
          if (keep) keepLiveness(evidenceFolder, { repeats, rest }, describeMachine());
        }
        if (!wanted.includes('people')) return;
        if (usable.length === 0) throw new Error(`--settings ${asked} names none that can be measured.`);
        const weightsFor = withoutEach(await collectSamples(deps));
        const people = [
          ...usable.map((setting) => ({ setting, motion: true })),
          { setting: usable[0]!, motion: false },
        ].map((part) => ({
          ...part,
          rows: measurePeople(
            part.setting,
            { flash: part.motion, motion: part.motion },
            Number(sessions),
            deps,
            weightsFor,
          ),
        }));
        terminal.answer(JSON.stringify(people));
        if (keep) keepLiveness(evidenceFolder, { people }, describeMachine());
      });
    });
}
