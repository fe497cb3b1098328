import { z } from 'zod';
import { actor, time, writtenTime } from '../../lib/record-fields.ts';

const count = (what: string) => z.int().min(0).describe(what);
const drillExample = {
  id: 'drl_01m7w3hb8hbf355he5zqwjztdk',
  backup: 'bkp_01m7w3hb8hbf355he5zqwjztdk',
  path: '/mnt/backups/gatehouse-2026-11-20T120000Z.backup',
  askedBy: 'operator:ada',
  askedAt: '2026-11-20T12:00:00.000Z',
  finishedAt: '2026-11-20T12:00:07.000Z',
  state: 'passed' as const,
  problems: [],
  found: {
    takenAt: '2026-11-20T12:00:00.000Z',
    schema: '0019',
    organizations: 1,
    people: { there: 1200, erased: 3 },
    templates: { there: 1310, opened: 1307, erased: 3, damaged: 0 },
    match: { asked: 200, found: 200 },
    audit: { lines: 4711, checkpoints: 12, valid: true },
  },
};

/** A trial of a backup: it was restored to scratch, opened with the keys, and looked at as a whole. */
export const Drill = z
  .object({
    id: z.string().describe('Id'),
    backup: z.string().describe('Id of the backup'),
    path: z.string().describe('The file'),
    askedBy: actor,
    askedAt: time('When it was asked for'),
    finishedAt: time('When it ended').optional(),
    state: z
      .enum(['waiting', 'running', 'passed', 'failed'])
      .describe('`passed`: the backup can be restored'),
    now: z
      .object({
        step: z.string().describe('What it does'),
        done: count('Progress').optional(),
        of: count('Of how much').optional(),
      })
      .optional()
      .describe('Progress, while it runs'),
    problems: z.array(z.string()).describe('Reasons why a restore would fail, a sentence each'),
    found: z
      .object({
        takenAt: writtenTime('Time of the backup'),
        schema: z.string().describe('Version of its database'),
        organizations: count('Organizations in it'),
        people: z
          .object({
            there: count('People in it'),
            erased: count('People erased since the backup; a restore leaves them out'),
          })
          .describe('People'),
        templates: z
          .object({
            there: count('Templates in it'),
            opened: count('Those that open'),
            erased: count('Those of erased people'),
            damaged: count('Those that do not open'),
          })
          .describe('Templates'),
        match: z
          .object({
            asked: count('People searched by their own template'),
            found: count('Number of people found'),
          })
          .describe('Test whether people are found'),
        audit: z
          .object({
            lines: count('Lines'),
            checkpoints: count('Checkpoints'),
            valid: z.boolean().describe('Whether the chain is intact'),
          })
          .describe('The audit log in it'),
      })
      .optional()
      .describe('Contents; absent if the file could not be opened'),
  })
  .meta({
    id: 'BackupDrill',
    description: 'A test of a backup: restored to a temporary folder, opened and checked as a whole.',
    examples: [drillExample],
  });
export type Drill = z.output<typeof Drill>;

/** What a trial of a backup found. */
export type DrillFindings = NonNullable<Drill['found']>;
export type DrillStep = NonNullable<Drill['now']>;
