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

export interface Measured {
  bars: Bar[];
  missing: string[];
  traces: Trace[];
  features: string;
}

/** The twelve bars: of the product's own learned layer, and of layers that are trained here without what is to be unseen. */
export function measureBehavior(dataFolder: string, date: string, say: (line: string) => void): Measured {
  const { subjects: people, missing } = readSets(dataFolder);
  const { subjects: zoo, traces } = readZoo();
  const subjects = [...people, ...zoo];
  const windows = allWindows(subjects);
  const features = writeFeatureFiles(windows);
  say(`${windows.length} windows of ${subjects.length} sessions, written to ${features}.`);
  const model = researchModel;
  say(
    `Learned layer ${model.id}: ${model.trained.humanWindows} windows of people, ${model.trained.botWindows} of programs, ${model.trained.at}.`,
  );
  const bars = [
    () => measureUnadapted(windows),
    () => measurePeople(windows, model),
    () => measureSeen(windows, model),
    () => measureUnseen(windows, date),
    () => measureSite(windows, date),
    () => measureThin(windows, model),
    () => measureHeartbeats(windows, model),
    () => measureRates(subjects, model),
    () => measureTyping(subjects, windows),
    () => measureReplays(windows, model),
    () => measureCost(subjects, windows, model),
    () => measureTiming(windows, subjects),
  ].map((measure) => {
    const begun = performance.now();
    const bar = measure();
    say(`${bar.number} ${bar.verdict}: ${bar.result} (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
    return bar;
  });
  return { bars, missing, traces, features };
}
