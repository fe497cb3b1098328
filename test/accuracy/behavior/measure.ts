import { researchModel } from '../../../service/engine/behavior/model/research-model.ts';
import type { Trace } from '../../bots/trace.ts';
import type { CollectorFigures } from '../../load/bench-collector.ts';
import type { Evidence } from '../../support/evidence.ts';
import { readSets, readZoo } from './all-subjects.ts';
import type { Bar } from './bars/bar.ts';
import { measureCalibration } from './bars/calibration.ts';
import { measureCost } from './bars/cost.ts';
import { measureGenerators } from './bars/generators.ts';
import { measureHeartbeats } from './bars/heartbeat.ts';
import { modelsWithout } from './bars/learned.ts';
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
  /** Measured beside the twelve bars. */
  sections: Record<string, Evidence>;
  missing: string[];
  traces: Trace[];
}

export interface MeasureOrder {
  dataFolder: string;
  /** ISO date. */
  date: string;
  /** Numbers of bars, and names of sections; absent: everything. */
  only?: readonly string[];
  /** What the collector costs a page, where it could be measured (bar 11). */
  page?: CollectorFigures;
}

/** The twelve bars: of the product's own learned layer, and of layers that are trained here without what is to be unseen. */
export function measureBehavior(
  { dataFolder, date, only, page }: MeasureOrder,
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
  const modelWithout = modelsWithout([...windows, ...extra], date);
  const measured: Record<string, () => Bar> = {
    1: () => measureUnadapted(windows, traces),
    2: () => measurePeople(windows, model),
    3: () => measureSeen(windows, model),
    4: () => measureUnseen(windows, modelWithout),
    5: () => measureSite(windows, extra, model, date),
    6: () => measureThin(windows, model),
    7: () => measureHeartbeats(windows, model),
    8: () => measureRates(subjects, model),
    9: () => measureTyping(subjects, windows),
    10: () => measureReplays(windows, model),
    11: () => measureCost(subjects, windows, model, page),
    12: () => measureTiming(windows, subjects),
  };
  const beside: Record<string, () => Evidence & { result: string }> = {
    generators: () => measureGenerators(windows, model, modelWithout),
    calibration: () => measureCalibration(windows, model, modelWithout),
  };
  const wanted = ([name]: [string, unknown]): boolean => only?.includes(name) ?? true;
  const timed = <T extends { result: string }>(name: string, measure: () => T): T => {
    const begun = performance.now();
    const found = measure();
    say(`${name}: ${found.result} (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
    return found;
  };
  const bars = Object.entries(measured)
    .filter(wanted)
    .map(([name, measure]) => timed(name, measure));
  const sections = Object.entries(beside)
    .filter(wanted)
    .map(([name, measure]): [string, Evidence] => {
      const { result: _, ...evidence } = timed(name, measure);
      return [name, evidence];
    });
  return { bars, sections: Object.fromEntries(sections), missing, traces };
}
