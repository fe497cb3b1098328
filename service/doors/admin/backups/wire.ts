import { z } from 'zod';
import { pageQuery, pageReply, shortListQuery } from '../../../http/cursor.ts';
import { actor, time } from '../reply-fields.ts';

const path = z.string().min(1).max(4096);
const folder = path.describe('Folder on another disk');
const everyMinutes = z.int().min(5).max(525_600).describe('Minutes from one to the next');
const keep = z.int().min(1).max(10_000).describe('Newest files of the schedule that stay');

/** `started_at` and id, which the list is ordered by. */
export const BackupQuery = z.strictObject(pageQuery(z.tuple([z.int(), z.string()])));
export const PlanQuery = z.strictObject({ folder });

export const NewBackup = z
  .strictObject({
    folder,
    keysTo: path.optional().describe('Keep a copy of the key store in this folder, from now on'),
    withModels: z.boolean().default(false).describe('Put the files of imported models into the backup'),
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
  startedAt: time('When it began'),
  finishedAt: time('When it ended').optional(),
  bytes: z.int().min(0).optional().describe('Size of the file'),
  outcome: z
    .enum(['running', 'done', 'failed', 'unproven'])
    .describe('`unproven`: the file is there, and a restore would refuse it'),
  reason: z.string().optional().describe('Why it failed, or what a restore would refuse'),
  origin: z.enum(['operator', 'schedule']).describe('What asked for it'),
  verifiedAt: time('When the file was last proven').optional(),
});

export const BackupReply = run
  .extend({
    file: z.enum(['there', 'removed', 'away']).optional().describe('`away`: the folder cannot be read now'),
    futureDated: z.boolean().describe('It began later than the clock says it is'),
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
          reason: z.string().optional().describe('Why it is not'),
        }),
      )
      .describe('Copies of the key store, without which the file opens nothing'),
    advice: z.array(z.string()).describe('What the operator should know'),
  })
  .meta({
    id: 'MadeBackup',
    description: 'A backup that was written and proven.',
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
  .strictObject({ folder, everyMinutes, keep, setBy: actor, setAt: time('When it was set') })
  .meta({ id: 'BackupPlan', description: 'Backups that the service makes by itself.', examples: [plan] });

export const PlansQuery = z.strictObject(shortListQuery);
export const PlansReply = pageReply(PlanReply, 'One for each folder', 'BackupPlans', {
  warnings: z.array(z.string()).describe('What is wrong with backups, a sentence each'),
});

export const KnownReply = z
  .strictObject({ known: z.boolean().describe('This appliance made the file') })
  .meta({ id: 'KnownBackup', description: 'Whether the file is known.', examples: [{ known: true }] });

export type BackupReply = z.output<typeof BackupReply>;
export type MadeBackupReply = z.output<typeof MadeBackupReply>;
export type PlanReply = z.output<typeof PlanReply>;
