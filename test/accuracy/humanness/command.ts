import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Terminal } from '../../../service/cli/terminal/terminal.ts';
import { withLivePipeline } from '../../live/open.ts';
import { cacheFolder } from '../../live/readings.ts';
import { type SourceOptions, withSourceOptions } from '../../live/source-options.ts';
import { openSources } from '../../live/sources.ts';
import { keepEvidence } from '../../support/evidence.ts';
import { describeMachine } from '../../support/machine.ts';
import type { ScoredSession } from './fit.ts';
import { calibrationOf, measureHumanness } from './measure.ts';
import { humannessEvidence } from './report.ts';
import { attackSessions, combinedSpecies, halvesOf, livingSessions } from './sessions.ts';

/** The file that the product reads. */
const calibrationFile = join(
  import.meta.dirname,
  '../../../service/engine/uniqueness/humanness-calibration.json',
);

interface Options extends SourceOptions {
  trials: string;
  sessions: string;
  keep?: true;
  leaveOut?: string;
}

/** `npm run accuracy -- humanness`: the weights of the humanness score, chosen on one half of the people and measured on the other. */
export const createHumannessCommand = (terminal: Terminal, evidenceFolder: string): Command =>
  withSourceOptions(new Command('humanness'))
    .description('the humanness score of live sessions: weights of liveness and PAD, and whether they hold')
    .option('--trials <n>', 'of each kind of attack', '300')
    .option(
      '--leave-out <kinds>',
      `of: ${combinedSpecies.map(({ name }) => name).join(', ')}; comma between them`,
    )
    .option('--sessions <n>', 'of each living person, on each path', '30')
    .option(
      '--keep',
      'keep the figures in docs/evidence/humanness.md and .json, and the weights in the product',
    )
    .action(async ({ trials, sessions, keep, leaveOut = '', ...where }: Options) => {
      const say = (line: string) => terminal.note(line);
      const cache = cacheFolder();
      await withLivePipeline({ cache, workers: Number(where.workers), say }, async ({ readings, models }) => {
        const pad = where.pad ?? join(cache, 'pad');
        const sources = await openSources({ readings, cache, video: where.video, pad });
        for (const line of sources.missing) say(`Not there: ${line}.`);
        const deps = { sources, readings, models, say };
        const all: ScoredSession[] = livingSessions(deps, Number(sessions));
        const left = leaveOut.split(',');
        for (const one of combinedSpecies.filter(({ name }) => !left.includes(name))) {
          const attacks = await attackSessions(one, deps, Number(trials));
          say(`${one.name}: ${attacks.filter(({ passed }) => passed).length} of ${attacks.length} passed`);
          all.push(...attacks);
        }
        const measure = measureHumanness(all, halvesOf(sources));
        const parts = humannessEvidence(measure);
        terminal.answer(parts.humanness!.lines.join('\n'));
        if (!keep) return;
        const machine = describeMachine();
        keepEvidence(evidenceFolder, 'humanness', parts, machine);
        writeFileSync(calibrationFile, `${JSON.stringify(calibrationOf(measure, machine), null, 2)}\n`);
      });
    });
