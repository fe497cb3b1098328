import type { Manifest } from '../../../service/inference/models/manifest.ts';
import type { Claim } from './german-words.ts';
import { inGerman, type KeptPart, measuredOn, percent, withInterval } from './kept-figures.ts';

export interface Presentation {
  data: string;
  set: string;
  points: Record<
    'apcer5',
    {
      apcer: Record<string, { rate: number; interval: [number, number]; attacks: number }>;
      bpcer: number;
      bpcerInterval: [number, number];
    }
  >;
  heldOut?: {
    apcer: number;
    apcerInterval: [number, number];
    bpcer: number;
    bpcerInterval: [number, number];
  };
  live: number;
  attacks: number;
  people: number;
}

/** Passive PAD of one picture: attacks taken for live by species, live pictures refused. */
export function presentationClaims(
  parts: readonly KeptPart<Presentation>[],
  manifest: Pick<Manifest, 'padSets'>,
): Claim[] {
  return parts.flatMap(({ measured, machine }) => {
    const set = manifest.padSets.find(({ id }) => id === measured.set);
    // An older way to measure has no held-out threshold.
    if (!set || !measured.heldOut) return [];
    const { apcer, bpcer, bpcerInterval } = measured.points.apcer5;
    const { heldOut } = measured;
    const bars = [
      ...Object.entries(apcer).map(([species, { rate, interval, attacks }]) => ({
        label: `${speciesOf(species)} taken for live (${attacks})`,
        value: rate,
        from: interval[0],
        to: interval[1],
      })),
      {
        label: `live people refused (${measured.live})`,
        value: bpcer,
        from: bpcerInterval[0],
        to: bpcerInterval[1],
      },
    ];
    const all = { value: heldOut.apcer, from: heldOut.apcerInterval[0], to: heldOut.apcerInterval[1] };
    const live = { value: heldOut.bpcer, from: heldOut.bpcerInterval[0], to: heldOut.bpcerInterval[1] };
    return [
      {
        id: `presentation-${measured.set}`,
        group: 'presentation',
        title: `Passive liveness of one picture, ${set.name}`,
        claim: `${withInterval(all)} of pictures of prints and screens are taken for a live person (APCER over all kinds), and ${withInterval(live)} of live pictures are refused (BPCER), at thresholds that were chosen on other people.`,
        verdict: 'none',
        maturity: set.maturity,
        data: `${measured.data}: ${measured.attacks} attack and ${measured.live} live pictures of ${measured.people} people`,
        ...measuredOn(machine),
        command: 'npm run accuracy -- pad',
        chart: {
          finding: 'At the threshold of the product (APCER of 5 % over all kinds): shares by kind of attack.',
          bars,
        },
        table: {
          head: ['At the product’s threshold', 'Share', '95 % interval'],
          rows: bars.map(({ label, value, from, to }) => [
            label,
            percent(value),
            `${percent(from)} to ${percent(to)}`,
          ]),
        },
        limits: [
          'It holds for one webcam and for prints, phones and tablets. Masks, other cameras and other screens are not in the data.',
          'It is no evaluation after ISO/IEC 30107-3: the worst kind of attack decides there, and the chart shows it.',
        ],
        german: {
          claim: inGerman(
            `${withInterval(all)} der Bilder von Ausdrucken und Bildschirmen gelten als lebende Person (APCER über alle Arten), und ${withInterval(live)} der lebenden Bilder werden abgelehnt (BPCER), bei Schwellen, die an anderen Personen gewählt wurden.`,
          ),
          limits: [
            'Es gilt für eine Webcam und für Ausdrucke, Telefone und Tablets. Masken, andere Kameras und andere Bildschirme sind nicht in den Daten.',
            'Es ist keine Prüfung nach ISO/IEC 30107-3: Dort entscheidet die schlimmste Art von Angriff; das Diagramm zeigt sie.',
          ],
        },
      },
    ];
  });
}

/** Names of Replay-Attack: "print highdef_photo". */
const speciesOf = (name: string): string =>
  ({
    'highdef highdef_photo': 'Photo on a tablet',
    'highdef highdef_video': 'Video on a tablet',
    'mobile mobile_photo': 'Photo on a phone',
    'mobile mobile_video': 'Video on a phone',
    'print highdef_photo': 'Printed photo',
  })[name] ?? name;
