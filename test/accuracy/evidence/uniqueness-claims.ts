import type { Claim } from './german-words.ts';
import {
  type Hits,
  inGerman,
  type KeptPart,
  measuredOn,
  percent,
  shareOf,
  withInterval,
} from './kept-figures.ts';

export interface Uniqueness {
  data: string;
  members: number;
  returning: number;
  strangers: number;
  reports: {
    scorer: string;
    tables: string;
    falseFlagRate: number;
    found: Hits;
    foundInReview: Hits;
    flagged: Hits;
    flaggedToReview: Hits;
  }[];
}

/** One human once per scope: members who come again, and strangers who are taken for one. */
export function uniquenessClaims({ measured, machine }: KeptPart<Uniqueness>): Claim[] {
  const { members, returning, strangers, reports } = measured;
  const heldOut = reports.filter(({ scorer, tables }) => scorer === 'r' && tables === 'held out');
  const usual = heldOut.find(({ falseFlagRate }) => falseFlagRate === 0.01) ?? heldOut[0];
  if (!usual) return [];
  return [
    {
      id: 'uniqueness',
      group: 'uniqueness',
      title: 'One person once per scope, embedding R',
      claim: `Of members who come again, ${withInterval(shareOf(usual.found))} are found at once and ${withInterval(shareOf(usual.foundInReview))} more by a reviewer. Of strangers, ${withInterval(shareOf(usual.flagged))} are taken for a member. The scope has ${members} people and a false-flag rate of ${percent(usual.falseFlagRate, 0)}.`,
      verdict: 'none',
      maturity: 'experimental',
      data: `${measured.data}: ${returning} members who come again, ${strangers} strangers; thresholds of other people`,
      ...measuredOn(machine),
      command: 'npm run accuracy -- uniqueness',
      chart: {
        finding: 'Members found at once, and strangers flagged, by the configured false-flag rate.',
        bars: heldOut.flatMap(({ falseFlagRate, found, flagged }) => [
          { label: `found, rate ${percent(falseFlagRate)}`, ...shareOf(found) },
          { label: `strangers flagged, rate ${percent(falseFlagRate)}`, ...shareOf(flagged) },
        ]),
      },
      table: {
        head: [
          'Scorer, thresholds',
          'False-flag rate',
          'Found at once',
          'Found in review',
          'Strangers flagged',
          'Strangers in review',
        ],
        rows: reports.map(({ scorer, tables, falseFlagRate, ...shares }) => [
          `${scorer}, ${tables}`,
          percent(falseFlagRate),
          ...[shares.found, shares.foundInReview, shares.flagged, shares.flaggedToReview].map(
            ({ hits, of }) => `${hits} of ${of}`,
          ),
        ]),
      },
      limits: [
        'It holds for frontal pictures of public figures, one picture a visit.',
        'Twins, close relatives and people who alter their face on purpose are not in the data.',
      ],
      german: {
        claim: inGerman(
          `Von Mitgliedern, die wiederkommen, werden ${withInterval(shareOf(usual.found))} sofort gefunden und ${withInterval(shareOf(usual.foundInReview))} weitere durch einen Prüfer. Von Fremden gelten ${withInterval(shareOf(usual.flagged))} als Mitglied. Der Bereich hat ${members} Personen und eine Rate falscher Treffer von ${percent(usual.falseFlagRate, 0)}.`,
        ),
        limits: [
          'Es gilt für frontale Bilder bekannter Personen, ein Bild je Besuch.',
          'Zwillinge, nahe Verwandte und Personen, die ihr Gesicht absichtlich verändern, sind nicht in den Daten.',
        ],
      },
    },
  ];
}
