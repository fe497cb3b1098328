import { researchModel } from '../../../service/engine/behavior/model/behavior-model.ts';
import type { Trace } from '../../bots/trace.ts';
import type { CollectorFigures } from '../../load/bench-collector.ts';
import type { Evidence } from '../../support/evidence.ts';
import { readSets, readZoo } from './all-subjects.ts';
import type { Bar } from './bars/bar.ts';
import { measureCalibration } from './bars/calibration.ts';
import { measureCost } from './bars/cost.ts';
import { measureGenerators } from './bars/generators.ts';
import { measureHeartbeats } from './bars/heartbeat.ts';
import { heldOutPeople, modelsWithout } from './bars/learned.ts';
import { measurePeople } from './bars/people.ts';
import { measureRates } from './bars/rate.ts';
import { measureReplays } from './bars/replays.ts';
import { measureSeen } from './bars/seen.ts';
import { measureSite } from './bars/site.ts';
import { measureThin } from './bars/thin.ts';
import { measureTiming } from './bars/timing.ts';
import { type KeptTypists, measureTyping } from './bars/typing.ts';
import { measureUnadapted } from './bars/unadapted.ts';
import { measureUnseen } from './bars/unseen.ts';
import { allWindows, writeFeatureFiles } from './feature-files.ts';
import { type Authors, authorsOf } from './sets/data-set.ts';
import { lackingOf, missingSources, missingTypists } from './sources.ts';
import { extraWindows } from './training-windows.ts';

export interface Measured {
  bars: Bar[];
  /** Measured beside the twelve bars. */
  sections: Record<string, Evidence>;
  /** What could not be measured whole: numbers of bars and names of sections, with what is not on this machine. */
  skipped: { name: string; lacking: string[] }[];
  missing: string[];
  traces: Trace[];
  /** Half-minutes of held-out people, for the text. */
  heldOut: { windows: number; authors: Authors };
}

export interface MeasureOptions {
  dataFolder: string;
  /** ISO date. */
  date: string;
  /** Numbers of bars, and names of sections; absent: everything. */
  only?: readonly string[];
  /** What the collector costs a page, where it could be measured (bar 11). */
  page?: CollectorFigures;
  /** Typists of an earlier run, for sets of typists that are not on this machine (bar 9). */
  typists?: KeptTypists;
}

/** The twelve bars: of the product's own learned layer, and of layers that are trained here without what is to be unseen. */
export async function measureBehavior(
  { dataFolder, date, only, page, typists }: MeasureOptions,
  say: (line: string) => void,
): Promise<Measured> {
  const people = readSets(dataFolder);
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
  const measured: Record<string, () => Bar | Promise<Bar>> = {
    1: () => measureUnadapted(windows, traces),
    2: () => measurePeople(windows, model),
    3: () => measureSeen(windows, model),
    4: () => measureUnseen(windows, modelWithout),
    5: () => measureSite(windows, extra, model),
    6: () => measureThin(windows, model),
    7: () => measureHeartbeats(windows, model),
    8: () => measureRates(subjects, model),
    9: () => measureTyping(subjects, windows, typists),
    10: () => measureReplays(windows, model),
    11: () => measureCost(subjects, windows, model, page),
    12: () => measureTiming(windows, subjects, model),
  };
  const beside: Record<string, () => Evidence & { result: string }> = {
    generators: () => measureGenerators(windows, model, modelWithout),
    calibration: () => measureCalibration(windows, model, modelWithout),
  };
  const absent = missingSources(subjects);
  const wanted = [...Object.keys(measured), ...Object.keys(beside)].filter(
    (name) => only?.includes(name) ?? true,
  );
  const skipped = wanted
    .map((name) => ({ name, lacking: lackingOf(name, absent) }))
    // What is asked for by name is measured on what is here, and says so.
    .filter(({ lacking }) => lacking.length > 0 && only === undefined);
  for (const { name, lacking } of skipped)
    say(`${name}: not measured, ${lacking.join(', ')} not on this machine.`);
  const bars: Bar[] = [];
  const sections: Record<string, Evidence> = {};
  for (const name of wanted.filter((one) => !skipped.some((other) => other.name === one))) {
    const begun = performance.now();
    const found = await (measured[name] ?? beside[name])!();
    const whole = saidWithout(found, lackingOf(name, absent));
    say(`${name}: ${whole.result} (${((performance.now() - begun) / 1000).toFixed(0)} s)`);
    if ('number' in whole) bars.push(whole);
    else sections[name] = { title: whole.title, lines: whole.lines, measured: whole.measured };
  }
  const heldOut = heldOutPeople(windows);
  return {
    bars,
    sections,
    skipped,
    missing: [...absent, ...missingTypists()],
    traces,
    heldOut: { windows: heldOut.length, authors: authorsOf(heldOut) },
  };
}

/** Names what was not there to be measured. */
function saidWithout<T extends Evidence & { result: string }>(found: T, lacking: readonly string[]): T {
  if (lacking.length === 0) return found;
  const without = `**Without ${lacking.join(', ')}**, which are not on this machine`;
  return { ...found, result: `${without}: ${found.result}`, lines: [`${without}.`, '', ...found.lines] };
}
