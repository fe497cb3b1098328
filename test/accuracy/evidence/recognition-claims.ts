import type { MeasuredShare } from '../../../service/engine/appliance/index.ts';
import type { Manifest } from '../../../service/inference/models/manifest.ts';
import { type Claim, germanOf } from './german-words.ts';
import { inGerman, type KeptPart, measuredOn, percent, withInterval } from './kept-figures.ts';

type Rate = '1e-2' | '1e-3' | '1e-4' | '1e-5';
type Interval = [number, number];

interface EveryGroupPoint {
  rate: number;
  tar: number;
  interval: Interval;
  extrapolated: boolean;
}

interface Scores {
  tar: Record<Rate, number>;
  intervals: { tar: Record<Rate, Interval> };
}

type Scorer = Scores & {
  several: (Scores & { pictures: number; everyGroup: EveryGroupPoint[] })[];
  groups: {
    measured: { group: string; people: number; pairs: number; atAverage: number }[];
    points: EveryGroupPoint[];
  };
};

type Recognition = Record<'r' | 'rm' | 'a', Scorer> & {
  failureToEnroll: number;
  genuine: number;
  impostors: number;
  data: string;
  groups: string;
};

type Bar = MeasuredShare & { label: string };

const averages: readonly (readonly [Rate, string])[] = [
  ['1e-3', '1 in 1,000'],
  ['1e-4', '1 in 10,000'],
  ['1e-5', '1 in 100,000'],
];
const rateText: Readonly<Record<number, string>> = {
  0.01: '1 in 100',
  0.001: '1 in 1,000',
  0.0001: '1 in 10,000',
};

/** What holds of one scorer and of no other. */
const limitsOf: Readonly<Record<'r' | 'rm' | 'a', readonly { english: string; german: string }[]>> = {
  r: [],
  rm: [
    {
      english: 'MobileFaceNet is off until an administrator accepts the doubt about its licence.',
      german: 'MobileFaceNet ist aus, bis ein Administrator den Zweifel an der Lizenz annimmt.',
    },
  ],
  a: [
    {
      english:
        'It is used only where a profile names it or people were enrolled with it; the default is embedding R.',
      german:
        'Es wird nur benutzt, wo ein Profil es nennt oder Personen damit erfasst wurden; Standard ist Embedding R.',
    },
  ],
};

/** A claim for each scorer: how many pairs of one person match at a false-match rate, on average and in every measured group. */
export function recognitionClaims(
  { measured, machine }: KeptPart<Recognition>,
  manifest: Pick<Manifest, 'scorers'>,
): Claim[] {
  return (['r', 'rm', 'a'] as const).map((id) => {
    const scorer = manifest.scorers.find((one) => one.id === id)!;
    const { groups } = measured[id];
    const sets = [{ ...measured[id], pictures: 1, everyGroup: groups.points }, ...measured[id].several];
    const bars = sets.flatMap(({ pictures, everyGroup, ...scores }) => {
      const given = `${pictures} ${pictures === 1 ? 'picture' : 'pictures'}`;
      return [...everyGroup.map((point) => everyGroupBar(given, point)), ...averageBars(given, scores)];
    });
    const find = (label: string) => bars.find((bar) => bar.label === label)!;
    const worst = groups.measured.reduce((a, b) => (b.atAverage > a.atAverage ? b : a));
    const everyGroup = withInterval(find('1 picture, 1 in 1,000 in every group'));
    const average = withInterval(find('1 picture, 1 in 10,000 on average'));
    return {
      id: `recognition-${id}`,
      group: 'recognition',
      title: `1:1 recognition, ${scorer.name}`,
      claim: `${everyGroup} of the comparisons of a person with one own picture match, at a limit that 1 in 1,000 strangers of the worst measured group pass. At a limit that 1 in 10,000 of all strangers pass, ${average} match.`,
      verdict: 'none',
      maturity: scorer.maturity,
      data: `${measured.data}: ${measured.genuine.toLocaleString('en')} comparisons of one person, ${measured.impostors.toLocaleString('en')} of two; ${measured.groups}`,
      ...measuredOn(machine),
      command: 'npm run accuracy -- faces',
      chart: {
        finding: 'Comparisons of one person that match, by enrolled pictures and false-match rate.',
        bars,
      },
      table: {
        head: ['Enrolled pictures, false-match rate', 'Match', '95 % interval'],
        rows: bars.map(({ label, value, from, to }) => [
          label,
          percent(value, 2),
          `${percent(from, 2)} to ${percent(to, 2)}`,
        ]),
      },
      limits: [
        'It holds for frontal pictures of public figures of the United States and Europe. The embedding may have been trained on some of them, so the figures flatter. Calibrate with your own people: gatehouse org calibrate.',
        `No face was found in ${percent(measured.failureToEnroll, 2)} of the pictures; they are in no rate above.`,
        `At 1 in 10,000 on average, people of the group ${worst.group} are taken for each other ${worst.atAverage.toFixed(0)} times as often. Measured groups: ${groups.measured.map(({ group, people }) => `${group} (${people} people)`).join(', ')}, small web pictures. Nothing is known of other groups.`,
        'People of the groups have one picture each. For several pictures, the rate of the worst group is taken from the table of one picture.',
        'Intervals are a bootstrap over people. Rates of 1 in 100,000 on average and of 1 in 1,000 in a group rest on few pairs.',
        ...limitsOf[id].map(({ english }) => english),
      ],
      german: {
        claim: inGerman(
          `${everyGroup} der Vergleiche einer Person mit einem eigenen Bild passen, bei einer Grenze, über der 1 von 1,000 Fremden der schlechtesten gemessenen Gruppe liegt. Bei einer Grenze, über der 1 von 10,000 aller Fremden liegt, passen ${average}.`,
        ),
        limits: [
          'Es gilt für frontale Bilder bekannter Personen aus den USA und Europa. Das Embedding wurde vielleicht mit manchen davon trainiert; die Zahlen schmeicheln also. Kalibrieren Sie mit Ihren Personen: gatehouse org calibrate.',
          inGerman(
            `In ${percent(measured.failureToEnroll, 2)} der Bilder wurde kein Gesicht gefunden; sie sind in keiner Rate enthalten.`,
          ),
          inGerman(
            `Bei 1 von 10,000 im Durchschnitt werden Personen der Gruppe ${germanOf(worst.group)} ${worst.atAverage.toFixed(0)}-mal so oft miteinander verwechselt. Gemessene Gruppen: ${groups.measured.map(({ group, people }) => `${germanOf(group)} (${people} Personen)`).join(', ')}, kleine Bilder aus dem Web. Über andere Gruppen ist nichts bekannt.`,
          ),
          'Die Personen der Gruppen haben je ein Bild. Bei mehreren Bildern stammt die Rate der schlechtesten Gruppe aus der Tabelle für ein Bild.',
          inGerman(
            'Intervalle sind ein Bootstrap über Personen. Raten von 1 von 100,000 im Durchschnitt und 1 von 1,000 in einer Gruppe beruhen auf wenigen Paaren.',
          ),
          ...limitsOf[id].map(({ german }) => german),
        ],
      },
    };
  });
}

const averageBars = (pictures: string, { tar, intervals }: Scores): Bar[] =>
  averages.map(([rate, words]) => ({
    label: `${pictures}, ${words} on average`,
    value: tar[rate],
    from: intervals.tar[rate][0],
    to: intervals.tar[rate][1],
  }));

const everyGroupBar = (
  pictures: string,
  { rate, tar, interval: [from, to], extrapolated }: EveryGroupPoint,
): Bar => ({
  label: `${pictures}, ${rateText[rate]} in every group${extrapolated ? ' (extrapolated)' : ''}`,
  value: tar,
  from,
  to,
});
