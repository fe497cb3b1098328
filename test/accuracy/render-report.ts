import type {
  EveryGroupPoint,
  FacesReport,
  GroupsReport,
  MeanReport,
  SafeGallery,
  ScorerReport,
} from './faces.ts';
import { rates } from './faces.ts';
import type { Interval } from './interval.ts';
import type { RuleReport, Share } from './judgement.ts';
import type { PadReport } from './pad.ts';
import { apcerOfAll, type PresentationPoint } from './presentation-rates.ts';

const percent = (value: number): string => (100 * value).toFixed(2);
const range = ([low, high]: Interval): string => `[${percent(low)}, ${percent(high)}]`;
const measured = (value: number, interval: Interval): string => `${percent(value)} % ${range(interval)}`;

/** The shape that `npm run accuracy -- faces --json` prints; fractions. */
export function facesAsJson(
  report: FacesReport,
  about: { data: string; date: string },
): Record<string, unknown> {
  const of = ({ eer, tar, thresholds, intervals }: ScorerReport) => ({ eer, tar, thresholds, intervals });
  const ofMean = (mean: MeanReport) => ({
    pictures: mean.size,
    people: mean.people,
    genuine: mean.genuine,
    impostors: mean.impostors,
    everyGroup: mean.everyGroup,
    safe: mean.safe,
    ...of(mean),
  });
  return {
    ...Object.fromEntries(
      Object.entries(report.scorers).map(([id, scorer]) => [
        id,
        {
          ...of(scorer),
          several: scorer.several.map(ofMean),
          safe: scorer.safe,
          ...(scorer.groups && { groups: scorer.groups }),
        },
      ]),
    ),
    failureToEnroll: report.failureToEnroll,
    genuine: report.genuine,
    impostors: report.impostors,
    failureToEnrollInterval: report.failureToEnrollInterval,
    failures: report.failures,
    secondFaces: report.secondFaces.length,
    pictures: report.pictures,
    people: report.people,
    ...about,
  };
}

export function facesAsText(
  report: FacesReport,
  { data, date }: { data: string; date: string },
  notes: string[],
): string {
  const lines = [
    `${data}, ${date}`,
    `${report.genuine} same-person and ${report.impostors} cross pairs`,
    `failure to enroll ${measured(report.failureToEnroll, report.failureToEnrollInterval)}`,
    ...[...Map.groupBy(report.failures, ({ code }) => code)].map(
      ([code, files]) => `  ${code} ${files.length}`,
    ),
    `${report.secondFaces.length} pictures show a second face nearly as wide: the product would refuse them; measured here by the widest face`,
    'Rates are of comparisons; 95 % intervals by bootstrap over people.',
  ];
  for (const [id, { eer, tar, thresholds, intervals, calibration, several, groups, safe }] of Object.entries(
    report.scorers,
  )) {
    lines.push('', `${id}:`, `  EER            ${measured(eer, intervals.eer)}`);
    for (const rate of rates) {
      lines.push(
        `  TAR @FMR ${rate}  ${measured(tar[rate], intervals.tar[rate])}  from score ${thresholds[rate].toFixed(4)}`,
      );
    }
    lines.push(
      `  calibration    ${calibration.table.length} rows, measured down to FMR ${calibration.measuredDownTo}`,
    );
    if (groups) lines.push(...groupLines(groups));
    lines.push(...safe.map((one) => safeLine(one)));
    for (const mean of several) {
      lines.push(
        `  mean of ${mean.size} pictures: ${mean.genuine} same-person comparisons of ${mean.people} people, ${mean.impostors} others`,
        ...rates.map(
          (rate) =>
            `    TAR @FMR ${rate}  ${measured(mean.tar[rate], mean.intervals.tar[rate])}  from score ${mean.thresholds[rate].toFixed(4)}`,
        ),
        `    calibration    ${mean.calibration.table.length} rows, measured down to FMR ${mean.calibration.measuredDownTo}`,
        ...mean.everyGroup.map((point) => `  ${everyGroupLine(point)}`),
        ...mean.safe.map((one) => `  ${safeLine(one)}`),
      );
    }
  }
  return [...lines, ...notes.map((note) => `\n${note}`)].join('\n');
}

const groupLines = ({ measured, points }: GroupsReport): string[] => [
  ...measured.map(
    ({ group, people, pairs, atAverage }) =>
      `  ${group.padEnd(14)} ${people} people, ${pairs} pairs: ${atAverage.toFixed(1)} times the rate at the average's 1 in 10,000`,
  ),
  ...points.map(everyGroupLine),
];

const everyGroupLine = ({ rate, threshold, tar, interval, average, extrapolated }: EveryGroupPoint): string =>
  `  every group at ${rate}: TAR ${measured(tar, interval)} from score ${threshold.toFixed(4)}, on average FMR ${average.toPrecision(2)}${extrapolated ? ' (extrapolated)' : ''}`;

const safeLine = ({ falseIdentificationRate, holdsFor, people, fnir }: SafeGallery): string =>
  `  FPIR ${percent(falseIdentificationRate)} % (${holdsFor}): up to ${people} people without extrapolation, FNIR ${percent(fnir)} % there`;

export function judgementAsText(
  scorers: Record<string, RuleReport[]>,
  { data, date }: { data: string; date: string },
): string {
  const counted = ({ hits, of, rate, interval }: Share) => `${measured(rate, interval)} (${hits} of ${of})`;
  return [
    `${data}, ${date}, at the rates of the profile default, for every measured group: 1:1 1e-3, 1:N FPIR 1 %`,
    'Wilson 95 % intervals. The tables were measured with the same people: for people never seen see "Recognition of people held out".',
    ...Object.entries(scorers).flatMap(([id, rules]) => [
      '',
      `${id}:`,
      ...rules.flatMap(({ rule, rows }) => [
        `  ${rule}`,
        ...rows.flatMap(({ variant, genuineRefused, strangersAccepted }) => [
          `    ${variant}`,
          `      genuine refused ${counted(genuineRefused)}, strangers accepted ${counted(strangersAccepted)}`,
        ]),
      ]),
    ]),
  ].join('\n');
}

const pointNames: Record<keyof PadReport['points'], string> = {
  customary: 'at 0.5',
  apcer5: 'APCER 5 % over all attacks',
  apcer10: 'APCER 10 % over all attacks',
  everySpecies5: 'APCER 5 % for every species',
  everySpecies10: 'APCER 10 % for every species',
};

export function padAsText(report: PadReport, { data, date }: { data: string; date: string }): string {
  const { auc, eer, nonResponse } = report;
  const lines = [
    `${data}, ${date}`,
    `${report.live} live and ${report.attacks} attack pictures of ${report.people} people (or single pictures)`,
    `AUC ${auc.value.toFixed(4)} [${auc.interval.map((end) => end.toFixed(4)).join(', ')}], EER ${measured(eer.value, eer.interval)} (bootstrap over people)`,
    'Errors by species, never averaged; Wilson 95 % intervals.',
  ];
  for (const [kind, { refused, pictures }] of Object.entries(nonResponse)) {
    if (refused > 0) lines.push(`  refused before it was judged: ${refused} of ${pictures} ${kind}`);
  }
  const { folds, thresholds, apcer, apcerInterval, bpcer, bpcerInterval } = report.heldOut;
  lines.push(
    '',
    `APCER 5 % chosen on other people, ${folds} folds: thresholds ${thresholds.map((one) => one.toFixed(4)).join(' to ')}`,
    `  APCER of all attacks ${measured(apcer, apcerInterval)}, BPCER ${measured(bpcer, bpcerInterval)}`,
  );
  const { live, attacks } = report.undecided;
  lines.push(
    '',
    `between 0.25 and 0.5, which a kiosk may leave to its clerk: ${measured(live.share, live.interval)} of ${live.pictures} live and ${measured(attacks.share, attacks.interval)} of ${attacks.pictures} attack pictures`,
  );
  for (const [name, point] of Object.entries(report.points)) {
    lines.push('', ...pointAsText(pointNames[name as keyof PadReport['points']], point));
  }
  return lines.join('\n');
}

function pointAsText(name: string, { threshold, apcer, bpcer, bpcerInterval }: PresentationPoint): string[] {
  return [
    `${name}: threshold ${threshold.toFixed(4)}`,
    `  BPCER ${measured(bpcer, bpcerInterval)}`,
    `  APCER of all attacks: ${measured(apcerOfAll({ apcer }).rate, apcerOfAll({ apcer }).interval)}`,
    ...Object.entries(apcer).map(
      ([species, { rate, interval, attacks }]) =>
        `  APCER ${species} (${attacks}): ${measured(rate, interval)}`,
    ),
  ];
}
