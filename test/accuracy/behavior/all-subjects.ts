import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bots, isForTraining } from '../../bots/bots.ts';
import { replayNames } from '../../bots/replay.ts';
import type { Trace } from '../../bots/trace.ts';
import { readTraces } from '../../bots/trace-files.ts';
import { trackOfTrace } from './bot-track.ts';
import { readAalto } from './sets/aalto.ts';
import { readBalabit, readMoreBalabit } from './sets/balabit.ts';
import { readCaptcha } from './sets/captcha.ts';
import type { Subject } from './sets/data-set.ts';
import { readSapiMouse } from './sets/sapimouse.ts';
import { readWebbot } from './sets/webbot.ts';

const sets = {
  'mouse-webbot': readWebbot,
  'mouse-balabit': readBalabit,
  'mouse-browser-captcha': readCaptcha,
  'keystrokes-aalto': readAalto,
};

/** Sets that were found later, in a folder of their own. */
const laterSets = { sapimouse: readSapiMouse, balabit: readMoreBalabit };

/** Data sets of `folder`, and of a folder of more (`GATEHOUSE_MOUSE_SETS`), that are on this machine. Nothing of them is committed. */
export function readSets(folder: string, more = process.env.GATEHOUSE_MOUSE_SETS): Subject[] {
  const found = [
    ...Object.entries(sets).map(([name, read]) => ({ read, path: join(folder, name) })),
    ...(more === undefined
      ? []
      : Object.entries(laterSets).map(([name, read]) => ({ read, path: join(more, name) }))),
  ];
  return found.filter(({ path }) => existsSync(path)).flatMap(({ read, path }) => read(path));
}

/** Sessions of our own bots in the cache. */
export function readZoo(): { subjects: Subject[]; traces: Trace[] } {
  const traces = [...bots.map(({ name }) => name), ...replayNames].flatMap(readTraces);
  return { traces, subjects: traces.map(subjectOf) };
}

const subjectOf = (trace: Trace): Subject => ({
  set: 'zoo',
  label: 'bot',
  generator: trace.bot,
  person: `${trace.bot}-${trace.seed}`,
  half: isForTraining(trace.bot, trace.seed) ? 'dev' : 'held-out',
  track: trackOfTrace(trace),
});
