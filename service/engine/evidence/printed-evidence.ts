import type { PrintedDocument, Section } from '../documents/index.ts';
import type { ModelReport } from '../models/index.ts';
import { type Claim, type EvidenceVerdict, evidenceGroups } from './claim.ts';

export interface EvidenceReport {
  /** The first 12 characters of the SHA-256 of the published figures. */
  id: string;
  version: string;
  claims: Claim[];
}

interface Printing {
  organization: string;
  models: readonly ModelReport[];
  /** UTC */
  printed: string;
}

const verdictWords: Readonly<Record<EvidenceVerdict, string>> = {
  holds: 'goal reached',
  part: 'goal reached in part',
  missed: 'goal missed',
  none: 'no goal',
};

/** The report as a document: claims with their intervals first, then each with its data, chart and table, then what none of them says. */
export function printedEvidence(
  { id, version, claims }: EvidenceReport,
  { organization, models, printed }: Printing,
): PrintedDocument {
  const ordered = evidenceGroups.flatMap((group) => claims.filter((claim) => claim.group === group));
  return {
    title: 'Evidence report',
    lead: [
      `${organization}. Gatehouse ${version}, published figures ${id}.`,
      'The figures were measured by the makers of Gatehouse on the data that each claim names, not on people of this organization.',
    ],
    foot: `Evidence ${id} · Gatehouse ${version} · printed ${printed}`,
    sections: [
      {
        heading: 'Claims',
        items: [],
        table: {
          head: ['Figure', 'Claim', 'Goal', 'Maturity'],
          rows: ordered.map(({ title, claim, verdict, maturity }) => [
            title,
            claim,
            verdictWords[verdict],
            maturity,
          ]),
        },
      },
      ...ordered.map(sectionOf),
      modelsOf(models),
      whatIsNotSaid,
    ],
  };
}

const sectionOf = ({ title, claim, chart, table, limits, ...on }: Claim): Section => ({
  heading: title,
  items: [
    {
      title: claim,
      facts: [
        ['Goal', verdictWords[on.verdict]],
        ['Maturity', on.maturity],
        ['Data', on.data],
        ['Measured', `${on.measured.replace('T', ' ')} UTC, commit ${on.commit}`],
        ['Machine', on.machine],
        ['Measure again', on.command],
      ],
    },
  ],
  ...(chart && { chart }),
  table,
  points: { title: 'What this figure does not say', lines: limits },
});

const modelsOf = (models: readonly ModelReport[]): Section => ({
  heading: 'Models of this installation',
  note: 'A claim holds for this box where the model it names is on.',
  items: [],
  table: {
    head: ['Model', 'State', 'Licence', 'SHA-256'],
    rows: models.map(({ id, enabled, licence, sha256 }) => [id, enabled ? 'on' : 'off', licence, sha256]),
  },
});

const whatIsNotSaid: Section = {
  heading: 'What no figure here says',
  items: [],
  points: {
    title: 'Read with every claim',
    lines: [
      'No figure is an evaluation by an accredited laboratory (ISO/IEC 19795, ISO/IEC 30107-3).',
      'No figure was measured with your cameras, your light and your people. Measure recognition on your own gallery: gatehouse org calibrate.',
      'Error rates differ between groups of people. The data are too few to state them for each group.',
      'The operator of the box, and who controls its operating system, can change what it answers: docs/SECURITY.md.',
    ],
  },
};
