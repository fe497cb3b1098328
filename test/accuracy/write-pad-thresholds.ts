import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { manifestText } from '../../models/manifest-text.ts';
import type { Manifest } from '../../service/inference/models/manifest.ts';
import type { PadReport } from './pad.ts';
import { apcerOfAll, type PresentationPoint } from './presentation-rates.ts';

type PadSet = Manifest['padSets'][number];

interface About {
  data: string;
  date: string;
}

/** Puts the measured thresholds and figures of a PAD set into the manifest, in place of what stood there. Throws Error for an unknown set. */
export function writePadThresholds(
  file: string,
  report: PadReport,
  { set, ...about }: About & { set: string },
): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  if (!manifest.padSets.some(({ id }) => id === set))
    throw new Error(`The manifest has no PAD set "${set}".`);
  const padSets = manifest.padSets.map((one) => (one.id === set ? measuredSet(one, report, about) : one));
  replace(file, manifestText({ ...manifest, padSets }));
}

/** Puts the measured set into the entry beside a net of one's own, for `models import`, in place of one of its id. */
export function writeOwnPadSet(file: string, set: PadSet, report: PadReport, about: About): void {
  const own = JSON.parse(readFileSync(file, 'utf8')) as { padSets?: PadSet[] };
  const others = (own.padSets ?? []).filter(({ id }) => id !== set.id);
  const padSets = [...others, measuredSet(set, report, about)];
  replace(file, `${JSON.stringify({ ...own, padSets }, null, 2)}\n`);
}

function replace(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
}

/** The thresholds hold their APCER over all attacks together, and name the species that passes most often. */
function measuredSet(set: PadSet, report: PadReport, { data, date }: About): PadSet {
  const pictures = `${data}: ${report.live} live and ${report.attacks} attack pictures of ${report.people} people`;
  const figure = (
    metric: string,
    value: number,
    interval: [number, number],
    note?: string,
  ): PadSet['accuracy'][number] => ({
    metric,
    value: rounded(value),
    interval: [rounded(interval[0]), rounded(interval[1])],
    data: pictures,
    date,
    ...(note === undefined ? {} : { note }),
  });
  const { auc, eer, points, heldOut } = report;
  const heldOutNote = `of people not used to choose the APCER-5 % threshold, ${heldOut.folds} folds`;
  return {
    ...set,
    thresholds: {
      half: pointOf(points.customary, apcerOfAll(points.customary).rate),
      apcer5: pointOf(points.apcer5, 0.05),
      apcer10: pointOf(points.apcer10, 0.1),
    },
    accuracy: [
      figure('AUC', auc.value, auc.interval),
      figure('EER', eer.value, eer.interval),
      figure(
        'BPCER@APCER 5 %',
        points.apcer5.bpcer,
        points.apcer5.bpcerInterval,
        'over all attacks together',
      ),
      figure(
        'BPCER@APCER 10 %',
        points.apcer10.bpcer,
        points.apcer10.bpcerInterval,
        'over all attacks together',
      ),
      figure(
        'BPCER@APCER 5 %, every species',
        points.everySpecies5.bpcer,
        points.everySpecies5.bpcerInterval,
        `from ${rounded(points.everySpecies5.threshold)} on no species passes more often than 5 %`,
      ),
      figure('APCER', heldOut.apcer, heldOut.apcerInterval, heldOutNote),
      figure('BPCER', heldOut.bpcer, heldOut.bpcerInterval, heldOutNote),
      ...Object.entries(points.apcer5.apcer).map(([species, { rate, interval }]) =>
        figure(`APCER ${species}`, rate, interval, 'at the APCER-5 % threshold'),
      ),
    ],
  };
}

function pointOf({ threshold, apcer, bpcer }: PresentationPoint, target: number) {
  const [species, { rate }] = Object.entries(apcer).reduce((worst, one) =>
    one[1].rate > worst[1].rate ? one : worst,
  );
  return {
    score: rounded(threshold),
    apcer: rounded(target),
    worst: { species, apcer: rounded(rate) },
    bpcer: rounded(bpcer),
  };
}

const rounded = (value: number): number => Number(value.toFixed(5));
