import { createHash } from 'node:crypto';
import { z } from 'zod';
import { createPdfPrinter, type PrintedDocument, type Section } from '../../../documents/index.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { OrganizationId } from '../../../lib/id.ts';
import { document } from '../../../lib/installation.ts';
import { time } from '../../../lib/time.ts';
import { productVersion } from '../../../lib/version.ts';
import type { Organizations } from '../../accounts/index.ts';
import { type Actor, describeActor } from '../../audit/index.ts';
import type { ModelReport, Models } from '../../models/index.ts';
import published from './published.json' with { type: 'json' };

export interface EvidenceReport {
  /** The first 12 characters of the SHA-256 of the published figures. */
  id: string;
  version: string;
  claims: PublishedFigure[];
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

const sectionOf = ({ title, claim, chart, table, limits, ...on }: PublishedFigure): Section => ({
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
  points: { title: 'For what it holds, and what it does not say', lines: limits },
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
      `The operator of the box, and who controls its operating system, can change what it answers: ${document('SECURITY')}.`,
    ],
  },
};

/** A share with its 95 % interval, as fractions of 1. */
const share = {
  value: z.number().min(0).max(1).describe('Share, of 1'),
  from: z.number().min(0).max(1).describe('Lower end of the 95 % interval'),
  to: z.number().min(0).max(1).describe('Upper end of the 95 % interval'),
};
export type MeasuredShare = { [End in keyof typeof share]: number };

/** What a claim is about, in the order of the report. */
const evidenceGroups = ['recognition', 'presentation', 'live', 'uniqueness', 'behavior', 'speed'] as const;

/** Whether the goal was reached; `none`: the figure has no goal. */
const verdicts = ['holds', 'part', 'missed', 'none'] as const;
type EvidenceVerdict = (typeof verdicts)[number];

const bar = { label: 'print, bent', value: 0, from: 0, to: 0.013 };
export const exampleOfFigure = {
  id: 'live-attacks',
  group: 'live',
  title: 'Live sessions: prints, replays, changed pages',
  claim: 'Worst: print, bent, 0 % (95 %: 0 to 1.3 %).',
  verdict: 'holds',
  maturity: 'experimental',
  data: '4,500 trials; recordings of people in public data',
  measured: '2026-11-21T22:59',
  commit: 'ec99346f07e7',
  machine: 'AMD EPYC, 2 cores, 24 GiB',
  command: 'npm run accuracy -- challenges',
  chart: { finding: 'Attacks that pass, by kind.', goal: { value: 0, label: 'goal: 0' }, bars: [bar] },
  table: { head: ['Kind of attack', 'Passed'], rows: [['print, bent', '0']] },
  limits: ['Attacks are simulated.'],
  german: {
    title: 'Live-Sitzungen: Ausdrucke, Wiedergaben, veränderte Seiten',
    claim: 'Am schlechtesten: Ausdruck, gebogen, 0 % (95 %: 0 bis 1,3 %).',
    data: '4.500 Versuche; Aufnahmen von Menschen aus öffentlichen Daten',
    commit: 'ec99346f07e7',
    machine: 'AMD EPYC, 2 Kerne, 24 GiB',
    chart: {
      finding: 'Angriffe, die bestehen, je Art.',
      goal: { value: 0, label: 'Ziel: 0' },
      bars: [{ ...bar, label: 'Ausdruck, gebogen' }],
    },
    table: { head: ['Art des Angriffs', 'Bestanden'], rows: [['Ausdruck, gebogen', '0']] },
    limits: ['Angriffe sind simuliert.'],
  },
} as const;

const Chart = z
  .strictObject({
    finding: z.string().describe('What it shows'),
    goal: z
      .strictObject({
        value: z.number().min(0).max(1).describe('Share that is asked for'),
        label: z.string().describe('How the goal is written'),
      })
      .optional()
      .describe('Absent: the figure has no goal'),
    bars: z
      .array(z.strictObject({ label: z.string().describe('What was measured'), ...share }))
      .describe('In the order of the report'),
  })
  .meta({
    id: 'EvidenceChart',
    description: 'Shares with their intervals.',
    examples: [exampleOfFigure.chart],
  });

/** What a claim says in the words of one language. */
const words = {
  title: z.string().describe('Name of the figure'),
  claim: z.string().describe('The figure with its interval in plain words'),
  data: z.string().describe('On what it was measured'),
  commit: z.string().describe('Commit of Gatehouse that was measured'),
  machine: z.string().describe('Machine that measured'),
  chart: Chart.optional().describe('Absent: the figures are no shares'),
  table: z
    .strictObject({
      head: z.array(z.string()).describe('Names of the columns'),
      rows: z.array(z.array(z.string())).describe('A cell for each column'),
    })
    .describe('The figures as a table'),
  limits: z.array(z.string()).describe('For what the figure holds, and what it does not say'),
};

/** One published figure: what it says, on what it rests, and what it does not say. */
export const PublishedFigure = z
  .strictObject({
    id: z.string().describe('The same in each version'),
    group: z.enum(evidenceGroups).describe('What the claim is about'),
    verdict: z.enum(verdicts).describe('Whether the goal is reached; `none`: there is no goal'),
    maturity: z.enum(['proven', 'alternate', 'experimental']).describe('Maturity'),
    measured: z.string().describe('When, UTC'),
    command: z.string().describe('Command that measures again, in a checkout'),
    ...words,
    german: z.strictObject(words).describe('The same words in German'),
  })
  .meta({ id: 'EvidenceClaim', description: 'One published figure.', examples: [exampleOfFigure] });
export type PublishedFigure = z.output<typeof PublishedFigure>;

/** All published figures of a release. */
export interface PublishedEvidence {
  claims: PublishedFigure[];
}

export interface Evidence {
  /** What was measured for this release; the same on every box of a version. */
  read(): EvidenceReport;
  /** The same as PDF (A4), with the models of this box. Throws OVERLOADED where too many wait. */
  print(organization: OrganizationId, actor: Actor): Promise<Uint8Array>;
}

interface EvidenceDeps {
  organizations: Pick<Organizations, 'get'>;
  models: Pick<Models, 'list'>;
  clock: Clock;
}

/** Published figures; `npm run generate` writes them from `docs/evidence`. */
export function createEvidence({ organizations, models, clock }: EvidenceDeps): Evidence {
  const { claims } = published as PublishedEvidence;
  const id = createHash('sha256').update(JSON.stringify(claims)).digest('hex').slice(0, 12);
  const report: EvidenceReport = { id, version: productVersion(), claims };
  const printPdf = createPdfPrinter({ clock });
  return {
    read: () => report,
    print: (organization, actor) =>
      printPdf({ world: 'live', organization, key: describeActor(actor) }, async () => {
        const { name } = await organizations.get(organization);
        const printed = `${time(clock.now()).slice(0, 19).replace('T', ' ')} UTC`;
        return printedEvidence(report, { organization: name, models: await models.list(), printed });
      }),
  };
}
