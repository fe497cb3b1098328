import { researchModel } from '../../../service/engine/behavior/model/research-model.ts';
import type { Trace } from '../../bots/trace.ts';
import { readSets, readZoo } from './all-subjects.ts';
import type { Bar } from './bars/bar.ts';
import { measureCost } from './bars/cost.ts';
import { measureHeartbeats } from './bars/heartbeat.ts';
import { measurePeople } from './bars/people.ts';
import { measureRates } from './bars/rate.ts';
import { measureReplays } from './bars/replays.ts';
import { measureSeen } from './bars/seen.ts';
import { measureSite } from './bars/site.ts';
import { measureThin } from './bars/thin.ts';
import { measureTiming } from './bars/timing.ts';
import { measureTyping } from './bars/typing.ts';
import { measureUnadapted } from './bars/unadapted.ts';
import { measureUnseen } from './bars/unseen.ts';
import { allWindows, writeFeatureFiles } from './feature-files.ts';
import { extraWindows } from './training-windows.ts';

export interface Measured {
  bars: Bar[];
  missing: string[];
  traces: Trace[];
}

export interface MeasureOrder {
  dataFolder: string;
  /** ISO date. */
  date: string;
  /** Numbers of bars; absent: all twelve. */
  only?: readonly number[];
}

/** The twelve bars: of the product's own learned layer, and of layers that are trained here without what is to be unseen. */
export function measureBehavior(
  { dataFolder, date, only }: MeasureOrder,
  say: (line: string) => void,
): Measured {
  const { subjects: people, missing } = readSets(dataFolder);
  const { subjects: zoo, traces } = readZoo();
  const subjects = [...people, ...zoo];
  const windows = allWindows(subjects);
  const extra = extraWindows(subjects);
  const features = writeFeatureFiles([...windows, ...extra]);
  say(`${windows.length} windows of ${subjects.length} sessions, written to ${features}.`);
  const model = researchModel;
  say(
    `Learned layer ${model.id}: ${model.trained.humanWindows} windows of people, ${model.trained.botWindows} of programs, ${model.trained.at}.`,
  );
  const all: Record<number, () => Bar> = {
    1: () => measureUnadapted(windows, traces),
    2: () => measurePeople(windows, model),
    3: () => measureSeen(windows, model),
    4: () => measureUnseen(windows, extra, date),
    5: () => measureSite(windows, extra, date),
    6: () => measureThin(windows, model),
    7: () => measureHeartbeats(windows, model),
    8: () => measureRates(subjects, model),
    9: () => measureTyping(subjects, windows),
    10: () => measureReplays(windows, model),
    11: () => measureCost(subjects, windows, model),
    12: () => measureTiming(windows, subjects),
  };
  const wanted = Object.entries(all).filter(([number]) => only?.includes(Number(number)) ?? true);
  const bars = wanted.map(([, measure]) => {
    const begun = performance.now();
    const bar = measure();
    say(`${bar.number} ${bar.verdict}: ${bar.result} (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
    return bar;
  });
  return { bars, missing, traces };
}
