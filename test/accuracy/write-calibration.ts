import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Manifest } from '../../service/inference/models/manifest.ts';
import { type FacesReport, rates } from './faces.ts';

type Accuracy = Manifest['scorers'][number]['accuracy'];

/**
 * Puts the measured table and accuracy of every scorer into the manifest, in place of what stood there. `data` says which
 * pictures. Throws Error for a scorer that was not measured, and leaves the file as it was if the result is not valid.
 */
export function writeCalibration(
  file: string,
  report: FacesReport,
  { data, date }: { data: string; date: string },
): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  const { genuine, impostors } = report;
  const scorers = manifest.scorers.map((scorer) => {
    const measured = report.scorers[scorer.id];
    if (measured === undefined) throw new Error(`The scorer "${scorer.id}" was not measured.`);
    const figure = (metric: string, value: number, interval: [number, number]): Accuracy[number] => ({
      metric,
      value: rounded(value),
      interval: [rounded(interval[0]), rounded(interval[1])],
      data,
      date,
    });
    const accuracy: Accuracy = [
      figure('EER', measured.eer, measured.intervals.eer),
      ...rates.map((rate) => figure(`TAR@FMR ${rate}`, measured.tar[rate], measured.intervals.tar[rate])),
      ...measured.several.flatMap((mean) =>
        rates.map((rate) =>
          figure(`TAR@FMR ${rate}, mean of ${mean.size} pictures`, mean.tar[rate], mean.intervals.tar[rate]),
        ),
      ),
      {
        ...figure('failure to enroll', report.failureToEnroll, report.failureToEnrollInterval),
        note: `no face that can be judged; another ${report.secondFaces.length} of ${report.pictures} pictures are refused because a second face in them is nearly as wide`,
      },
    ];
    const several = measured.several.map((mean) => ({
      pictures: mean.size,
      genuine: mean.genuine,
      impostors: mean.impostors,
      ...mean.calibration,
    }));
    const one = { data, date, genuine, impostors, ...measured.calibration };
    return { ...scorer, accuracy, calibration: { ...one, ...(several.length > 0 ? { several } : {}) } };
  });
  const next = `${JSON.stringify(Manifest.parse({ ...manifest, scorers }), null, 2)}\n`;
  writeFileSync(`${file}.tmp`, next);
  renameSync(`${file}.tmp`, file);
}

const rounded = (value: number): number => Number(value.toFixed(5));
