import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { manifestText } from '../../models/manifest-text.ts';
import type { Manifest } from '../../service/inference/models/manifest.ts';
import { type FacesReport, type GroupsReport, rates } from './faces.ts';
import type { PersonRule, RefusedShare } from './person.ts';

type Accuracy = Manifest['scorers'][number]['accuracy'];

/**
 * Puts the measured table and accuracy of every scorer into the manifest, in place of what stood there. `data` says which
 * pictures. Throws Error for a scorer that was not measured, and leaves the file as it was if the result is not valid.
 */
export function writeCalibration(
  file: string,
  report: FacesReport,
  about: { data: string; date: string; groups?: string },
): void {
  const { data, date } = about;
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
    const { groups } = measured;
    const accuracy: Accuracy = [
      figure('EER', measured.eer, measured.intervals.eer),
      ...rates.map((rate) => figure(`TAR@FMR ${rate}`, measured.tar[rate], measured.intervals.tar[rate])),
      ...(groups?.points ?? []).map(({ rate, tar, interval, average, extrapolated }) => ({
        ...figure(`TAR at ${rate} in the worst group`, tar, interval),
        note: `over all cross pairs the threshold has FMR ${average.toPrecision(2)}${extrapolated ? '; extrapolated: the groups are too small to measure this rate' : ''}`,
      })),
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
    const calibration = {
      data,
      date,
      ...(groups && { groups: groupsEntry(groups, about.groups, several.length > 0) }),
      genuine,
      impostors,
      ...measured.calibration,
      ...(several.length > 0 ? { several } : {}),
    };
    return { ...scorer, accuracy, calibration };
  });
  write(file, { ...manifest, scorers });
}

function write(file: string, manifest: unknown): void {
  writeFileSync(`${file}.tmp`, manifestText(manifest));
  renameSync(`${file}.tmp`, file);
}

/** Puts the rule that finds pictures of no person into the manifest. Throws Error for an unknown embedder. */
export function writePersonRule(
  file: string,
  embedder: string,
  { rule, shares }: { rule: PersonRule; shares: readonly RefusedShare[] },
  { data, date }: { data: string; date: string },
): void {
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Manifest;
  if (!manifest.models.some(({ id }) => id === embedder))
    throw new Error(`The manifest has no embedder "${embedder}".`);
  const accuracy = shares.map(({ set, isPerson, pictures, refused, interval }) => ({
    metric: isPerson ? `people refused as no person, ${set}` : `pictures of no person refused, ${set}`,
    value: rounded(refused / pictures),
    interval: [rounded(interval[0]), rounded(interval[1])],
    data: `${data}: ${pictures} pictures, by rules of the other half`,
    date,
  }));
  const models = manifest.models.map((one) =>
    one.id === embedder ? { ...one, person: { ...rule, accuracy } } : one,
  );
  write(file, { ...manifest, models });
}

/** The groups that the tables were measured with. `data` says which pictures. */
function groupsEntry({ measured }: GroupsReport, data = 'pictures by group', hasSeveral: boolean) {
  return {
    data,
    measured: measured.map(({ group, people, pairs }) => ({ group, people, pairs })),
    ...(hasSeveral && {
      severalFrom:
        'the worst group at the same average rate as with one picture, because its people have one picture each; with embedding A on East Asian people of LFW one picture gave 301 times the stated 1 in 10,000 and three 316 times (2026-11-26)',
    }),
  };
}

const rounded = (value: number): number => Number(value.toFixed(5));
