import { existsSync } from 'node:fs';
import { Command } from 'commander';
import type { Terminal } from '../../../service/cli/terminal/terminal.ts';
import { defined } from '../../../service/lib/defined.ts';
import { bots } from '../../bots/bots.ts';
import { collectTraces } from '../../bots/collect.ts';
import { writeRecorded } from '../../bots/recorded.ts';
import type { Trace } from '../../bots/trace.ts';
import { cacheFolder } from '../../bots/trace-files.ts';
import { missing } from '../../browser/chromium.ts';
import { type CollectorFigures, measureCollector } from '../../load/bench-collector.ts';
import { keepEvidence } from '../../support/evidence.ts';
import { describeMachine } from '../../support/machine.ts';
import { trackOfTrace } from './bot-track.ts';
import { keptBars, keptTypists, leaveSkipped } from './kept-run.ts';
import { measureBehavior } from './measure.ts';
import { behaviorEvidence } from './report.ts';
import { windowsOf } from './windows.ts';

interface Options {
  data: string;
  record: boolean;
  only?: string;
  unadapted: string;
  humanised: string;
  replays: string;
  pages: string;
  mostLate: string;
  mostLateHumanised: string;
  drawn?: string;
  playOnly?: true;
  minutes: string;
  bars?: string;
  keep?: true;
  json?: true;
}

/** `npm run accuracy -- behavior`: plays the bots that are not in the cache yet, then measures the twelve bars. */
export function createBehaviorCommand(terminal: Terminal, evidenceFolder: string): Command {
  return new Command('behavior')
    .description('behavior score: the bot zoo in Chromium and people of data sets against the twelve bars')
    .option(
      '--data <folder>',
      'mouse-webbot, mouse-balabit, mouse-browser-captcha, keystrokes-aalto',
      '../shared/data',
    )
    .option('--no-record', 'measure the recorded sessions, play none')
    .option(
      '--only <bots>',
      `play these alone, comma between them: ${bots.map(({ name }) => name).join(', ')}, replay, replay-warped`,
    )
    .option('--unadapted <n>', 'sessions of each unadapted bot', '50')
    .option('--humanised <n>', 'sessions of each humanised bot', '90')
    .option('--replays <n>', 'sessions of each replay', '30')
    .option('--pages <n>', 'at a time', '4')
    .option(
      '--most-late <ms>',
      'sessions of unadapted bots whose pauses ended later than this (95 % quantile) are not kept and are played next time',
      '8',
    )
    .option('--most-late-humanised <ms>', 'the same of humanised bots and of replays', '24')
    .option(
      '--drawn <date>',
      'the day that targets, paths and texts are drawn with; one for all sessions of a recording that takes more than a day (default: today)',
    )
    .option('--play-only', 'play what is missing, measure nothing')
    .option('--minutes <n>', 'begin no session later; what is missing is played next time', '30')
    .option(
      '--bars <names>',
      'measure these alone, comma between them (1 to 12, generators, calibration), also where a data set is not here; with --keep the others stay',
    )
    .option(
      '--keep',
      'keep the report in docs/evidence/behavior.md and .json, and vectors of the bots in test/bots/recorded',
    )
    .option('--json', 'print JSON; rates as fractions')
    .addHelpText(
      'after',
      '\nRaw events stay in GATEHOUSE_BOTS_CACHE (~/.cache/gatehouse-bots unless set), never here.',
    )
    .action(
      async ({
        data,
        record,
        only: botNames,
        pages,
        mostLate,
        mostLateHumanised,
        drawn = new Date().toISOString().slice(0, 10),
        playOnly,
        minutes,
        bars,
        keep,
        json,
        ...counts
      }: Options) => {
        const say = (line: string): void => terminal.note(line);
        if (record) {
          const { made, missing } = await collectTraces(
            {
              ...(botNames !== undefined && { only: botNames.split(',') }),
              ...(existsSync(`${data}/mouse-webbot`) && { data }),
              sessions: {
                unadapted: Number(counts.unadapted),
                humanised: Number(counts.humanised),
                replay: Number(counts.replays),
              },
              pages: Number(pages),
              minutes: Number(minutes),
              drawn,
              mostLate: {
                unadapted: Number(mostLate),
                humanised: Number(mostLateHumanised),
                replay: Number(mostLateHumanised),
              },
            },
            say,
          );
          say(`${made} sessions recorded into ${cacheFolder()}, ${missing} missing.`);
        }
        if (playOnly) return;
        const machine = describeMachine();
        const only = bars?.split(',');
        const page = (only?.includes('11') ?? true) ? await pageCost(say) : undefined;
        const measured = await measureBehavior(
          {
            dataFolder: data,
            date: machine.date.slice(0, 10),
            ...defined({ only, page, typists: keptTypists(evidenceFolder) }),
          },
          say,
        );
        const parts = behaviorEvidence(measured, keptBars(evidenceFolder), machine);
        terminal.answer(
          json
            ? JSON.stringify(measured.bars, null, 2)
            : Object.values(parts)
                .flatMap(({ title, lines }) => [`## ${title}`, '', ...lines, ''])
                .join('\n'),
        );
        if (!keep) return;
        if (bars === undefined) leaveSkipped(evidenceFolder, measured.skipped, Object.keys(parts));
        keepEvidence(evidenceFolder, 'behavior', parts, machine);
        keepVectors(measured.traces);
        say(`Kept in ${evidenceFolder} and test/bots/recorded.`);
      },
    );
}

/** Undefined, and why, where there is no Chromium. */
async function pageCost(say: (line: string) => void): Promise<CollectorFigures | undefined> {
  if (missing === undefined) return (await measureCollector(say)).figures;
  say(`The cost of the collector in a page is not measured: ${missing}.`);
  return undefined;
}

function keepVectors(traces: readonly Trace[]): void {
  for (const [bot, list] of Map.groupBy(traces, (trace) => trace.bot))
    if (!bot.startsWith('replay'))
      writeRecorded(
        bot,
        list.map((trace) => ({
          seed: trace.seed,
          recorded: trace.recorded.slice(0, 10),
          load: trace.load,
          data: firstWindow(trace),
        })),
      );
}

const firstWindow = (trace: Trace) =>
  windowsOf(
    { set: 'zoo', label: 'bot', generator: trace.bot, person: '', half: 'dev', track: trackOfTrace(trace) },
    30_000,
  )[0]!.data;
