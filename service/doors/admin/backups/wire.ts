import { z } from 'zod';
import { pageQuery, pageReply, shortListQuery } from '../../../http/cursor.ts';
import { idOf } from '../ids.ts';
import { actor, time } from '../reply-fields.ts';

const path = z.string().min(1).max(4096);
const folder = path.describe('Folder on another disk');
const everyMinutes = z.int().min(5).max(525_600).describe('Interval in minutes');
const keep = z.int().min(1).max(10_000).describe('Number of newest files to keep');

/** `started_at` and id, which the list is ordered by. */
export const BackupQuery = z.strictObject(pageQuery(z.tuple([z.int(), z.string()])));
export const PlanQuery = z.strictObject({ folder });

export const NewBackup = z
  .strictObject({
    folder,
    keysTo: path.optional().describe('Folder in which to keep a copy of the key store from now on'),
    withModels: z
      .boolean()
      .optional()
      .describe('Without effect: every backup holds the files of imported models'),
  })
  .meta({ id: 'NewBackup', examples: [{ folder: '/mnt/backups', keysTo: '/media/stick' }] });

export const NewPlan = z
  .strictObject({ folder, everyMinutes, keep })
  .meta({ id: 'NewBackupPlan', examples: [{ folder: '/mnt/backups', everyMinutes: 1440, keep: 7 }] });

export const ProvenFile = z
  .strictObject({ path: path.describe('Path of the file') })
  .meta({ id: 'ProvenBackup', examples: [{ path: '/mnt/backups/gatehouse-2026-11-20.backup' }] });

const runExample = {
  id: 'bkp_01m7w3hb8hbf355he5zqwjztdk',
  path: '/mnt/backups/gatehouse-2026-11-20T120000Z.backup',
  startedAt: '2026-11-20T12:00:00.000Z',
  finishedAt: '2026-11-20T12:00:04.000Z',
  bytes: 1_048_576,
  outcome: 'done' as const,
  origin: 'schedule' as const,
  verifiedAt: '2026-11-20T12:00:04.000Z',
};

const run = z.strictObject({
  id: z.string().describe('Id'),
  path: z.string().describe('The file'),
  startedAt: time('Start time'),
  finishedAt: time('End time').optional(),
  bytes: z.int().min(0).optional().describe('Size of the file'),
  outcome: z
    .enum(['running', 'done', 'failed', 'unproven'])
    .describe('`unproven`: the file exists, but a restore would refuse it'),
  reason: z.string().optional().describe('Reason why it failed, or why a restore would refuse it'),
  origin: z.enum(['operator', 'schedule']).describe('Trigger'),
  verifiedAt: time('Time of the last test of the file').optional(),
});

export const BackupReply = run
  .extend({
    file: z
      .enum(['there', 'removed', 'away'])
      .optional()
      .describe('`away`: the folder cannot be read at present'),
    futureDated: z.boolean().describe('Whether its start is in the future'),
  })
  .meta({
    id: 'Backup',
    description: 'One attempt to write a backup.',
    examples: [{ ...runExample, file: 'there', futureDated: false }],
  });

export const BackupPage = pageReply(BackupReply, 'Backups, the newest first', 'BackupPage');

export const MadeBackupReply = run
  .extend({
    keys: z
      .array(
        z.strictObject({
          place: z.string().describe('Folder'),
          state: z.enum(['current', 'behind', 'unreachable']).describe('Whether the copy is up to date'),
          reason: z.string().optional().describe('Reason why it is not'),
        }),
      )
      .describe('Copies of the key store, which are needed to open the backup'),
    advice: z.array(z.string()).describe('Notes for the operator'),
  })
  .meta({
    id: 'MadeBackup',
    description: 'A backup that was written and tested.',
    examples: [{ ...runExample, keys: [{ place: '/media/stick', state: 'current' }], advice: [] }],
  });

const plan = {
  folder: '/mnt/backups',
  everyMinutes: 1440,
  keep: 7,
  setBy: 'operator:ada',
  setAt: '2026-11-20T12:00:00.000Z',
};

export const PlanReply = z
  .strictObject({ folder, everyMinutes, keep, setBy: actor, setAt: time('Time of the change') })
  .meta({ id: 'BackupPlan', description: 'A schedule for backups.', examples: [plan] });

export const PlansQuery = z.strictObject(shortListQuery);
export const PlansReply = pageReply(PlanReply, 'The schedules, one for each folder', 'BackupPlans', {
  warnings: z.array(z.string()).describe('Problems with backups, a sentence each'),
});

export const KnownReply = z
  .strictObject({ known: z.boolean().describe('Whether this appliance made the file') })
  .meta({ id: 'KnownBackup', description: 'Whether the file is known.', examples: [{ known: true }] });

export const DrillQuery = z.strictObject(pageQuery(idOf('drill')));

const count = (what: string) => z.int().min(0).describe(what);
const drillExample = {
  id: 'drl_01m7w3hb8hbf355he5zqwjztdk',
  backup: runExample.id,
  path: runExample.path,
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

export const DrillReply = z
  .strictObject({
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
      .strictObject({
        step: z.string().describe('What it does'),
        done: count('Progress').optional(),
        of: count('Of how much').optional(),
      })
      .optional()
      .describe('Progress, while it runs'),
    problems: z.array(z.string()).describe('Reasons why a restore would fail, a sentence each'),
    found: z
      .strictObject({
        takenAt: time('Time of the backup'),
        schema: z.string().describe('Version of its database'),
        organizations: count('Organizations in it'),
        people: z
          .strictObject({
            there: count('People in it'),
            erased: count('People erased since the backup; a restore leaves them out'),
          })
          .describe('People'),
        templates: z
          .strictObject({
            there: count('Templates in it'),
            opened: count('Those that open'),
            erased: count('Those of erased people'),
            damaged: count('Those that do not open'),
          })
          .describe('Templates'),
        match: z
          .strictObject({
            asked: count('People searched by their own template'),
            found: count('Number of people found'),
          })
          .describe('Test whether people are found'),
        audit: z
          .strictObject({
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

export const DrillPage = pageReply(DrillReply, 'Tests, the newest first', 'BackupDrillPage');

export type DrillReply = z.input<typeof DrillReply>;
export type BackupReply = z.output<typeof BackupReply>;
export type MadeBackupReply = z.output<typeof MadeBackupReply>;
export type PlanReply = z.output<typeof PlanReply>;
