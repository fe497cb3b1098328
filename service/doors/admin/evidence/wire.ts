import { z } from 'zod';
import { evidenceGroups, verdicts } from '../../../engine/evidence/index.ts';

export const EvidenceQuery = z.strictObject({
  format: z.enum(['json', 'pdf']).default('json').describe('`json`, or `pdf`: a report to print (A4)'),
});

const share = {
  value: z.number().min(0).max(1).describe('Share, of 1'),
  from: z.number().min(0).max(1).describe('Lower end of the 95 % interval'),
  to: z.number().min(0).max(1).describe('Upper end of the 95 % interval'),
};

const bar = { label: 'print-bent', value: 0, from: 0, to: 0.013 };
const claim = {
  id: 'live-attacks',
  group: 'live',
  title: 'Live sessions: prints, replays, tampered clients',
  claim: 'Worst: print-bent, 0 % (95 %: 0 to 1.3 %) accepted.',
  verdict: 'holds',
  maturity: 'experimental',
  data: '4,500 trials; recordings of people in public data',
  measured: '2026-11-21T22:59',
  commit: 'ec99346f07e7',
  machine: 'AMD EPYC, 2 cores, 24 GiB',
  command: 'npm run accuracy -- challenges',
  chart: { finding: 'Attacks accepted, by kind.', goal: { value: 0, label: 'goal: 0' }, bars: [bar] },
  table: { head: ['Kind of attack', 'Accepted'], rows: [['print-bent', '0']] },
  limits: ['Attacks are simulated.'],
} as const;

const ChartReply = z
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
  .meta({ id: 'EvidenceChart', description: 'Shares with their intervals.', examples: [claim.chart] });

const ClaimReply = z
  .strictObject({
    id: z.string().describe('The same in each version'),
    group: z.enum(evidenceGroups).describe('What the claim is about'),
    title: z.string().describe('Name of the figure'),
    claim: z.string().describe('One sentence with the figure and its interval, in English'),
    verdict: z.enum(verdicts).describe('Whether the goal is reached; `none`: there is no goal'),
    maturity: z.enum(['proven', 'alternate', 'experimental']).describe('Maturity'),
    data: z.string().describe('On what it was measured'),
    measured: z.string().describe('When, UTC'),
    commit: z.string().describe('Commit of Gatehouse that was measured'),
    machine: z.string().describe('Machine that measured'),
    command: z.string().describe('Command that measures again, in a checkout'),
    chart: ChartReply.optional().describe('Absent: the figures are no shares'),
    table: z
      .strictObject({
        head: z.array(z.string()).describe('Names of the columns'),
        rows: z.array(z.array(z.string())).describe('A cell for each column'),
      })
      .describe('The figures as a table'),
    limits: z.array(z.string()).describe('What the figure does not say'),
  })
  .meta({ id: 'EvidenceClaim', description: 'One published figure.', examples: [claim] });

export const EvidenceReply = z
  .strictObject({
    id: z.string().describe('Start of the SHA-256 of the figures'),
    version: z.string().describe('Version of Gatehouse'),
    claims: z.array(ClaimReply).describe('All published figures'),
  })
  .meta({
    id: 'EvidenceReport',
    description: 'The figures that were published with this version.',
    examples: [{ id: '5bb312ece032', version: '0.1.1', claims: [claim] }],
  });
export type EvidenceReply = z.input<typeof EvidenceReply>;
