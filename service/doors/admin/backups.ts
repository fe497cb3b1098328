import { z } from 'zod';
import {
  BackupPlan,
  BackupRun,
  type Backups,
  Drill,
  exampleOfRun,
  ListedRun,
} from '../../engine/appliance/index.ts';
import { pageOfShort, pageReply, shortListQuery } from '../../http/cursor.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const path = z.string().min(1).max(4096);
const { folder, everyMinutes, keep } = BackupPlan.shape;

const PlanQuery = z.strictObject({ folder });

const NewBackup = z
  .strictObject({
    folder,
    keysTo: path.optional().describe('Folder in which to keep a copy of the key store from now on'),
    withModels: z
      .boolean()
      .optional()
      .describe('Without effect: every backup holds the files of imported models'),
  })
  .meta({ id: 'NewBackup', examples: [{ folder: '/mnt/backups', keysTo: '/media/stick' }] });

const NewPlan = z
  .strictObject({ folder, everyMinutes, keep })
  .meta({ id: 'NewBackupPlan', examples: [{ folder: '/mnt/backups', everyMinutes: 1440, keep: 7 }] });

const ProvenFile = z
  .strictObject({ path: path.describe('Path of the file') })
  .meta({ id: 'ProvenBackup', examples: [{ path: '/mnt/backups/gatehouse-2026-11-20.backup' }] });

const MadeBackup = BackupRun.extend({
  keys: z
    .array(
      z.object({
        place: z.string().describe('Folder'),
        state: z.enum(['current', 'behind', 'unreachable']).describe('Whether the copy is up to date'),
        reason: z.string().optional().describe('Reason why it is not'),
      }),
    )
    .describe('Copies of the key store, which are needed to open the backup'),
  advice: z.array(z.string()).describe('Notes for the operator'),
}).meta({
  id: 'MadeBackup',
  description: 'A backup that was written and tested.',
  examples: [{ ...exampleOfRun, keys: [{ place: '/media/stick', state: 'current' }], advice: [] }],
});

const PlansQuery = z.strictObject(shortListQuery);
const PlansReply = pageReply(BackupPlan, 'The schedules, one for each folder', 'BackupPlans', {
  warnings: z.array(z.string()).describe('Problems with backups, a sentence each'),
});

const KnownReply = z
  .strictObject({ known: z.boolean().describe('Whether this appliance made the file') })
  .meta({ id: 'KnownBackup', description: 'Whether the file is known.', examples: [{ known: true }] });

export interface BackupRouteDeps {
  backups: Pick<
    Backups,
    ('page' | 'create' | 'plans' | 'schedule' | 'unschedule' | 'verified') | ('drill' | 'drills' | 'getDrill')
  >;
}

const about = {
  tag: 'backups',
  within: 'appliance',
  may: ofAppliance,
} as const;

/** Backups of the whole box. */
export const backupRoutes = ({ backups }: BackupRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/backups',
    operationId: 'listBackups',
    effect: 'none',
    summary: 'List backups',
    description: 'Every attempted backup, with the state of its file.',
    item: ListedRun,
    items: 'Backups, the newest first',
    page: 'BackupPage',
    key: z.tuple([z.int(), z.string()]),
    keyOf: ({ startedAt, id }) => [startedAt, id],
    rows: (_, { before, limit }) =>
      backups.page({ before: before && { startedAt: before[0], id: before[1] }, limit }),
  }),
  route('POST /backups', {
    ...about,
    operationId: 'createBackup',
    effect: 'none',
    summary: 'Write a backup',
    description: 'Runs while requests are served. Replies when the file has been read back and tested.',
    lasting: 'followed',
    body: NewBackup,
    status: 201,
    reply: MadeBackup,
    refuses: ['CONFLICT', 'BACKUP_UNUSABLE', 'STORAGE_FULL'],
    async handle({ body, who }) {
      const { run, ...made } = await backups.create(body, who);
      return { ...run, ...made };
    },
  }),
  route('POST /backups/verified', {
    ...about,
    operationId: 'noteProvenBackup',
    effect: 'none',
    summary: 'Record that a backup was tested',
    description: 'The schedule removes the most recently tested file last.',
    body: ProvenFile,
    reply: KnownReply,
    refuses: ['STORAGE_FULL'],
    handle: async ({ body: { path }, who }) => ({ known: await backups.verified(path, who) }),
  }),
  route('POST /backups/:id/drill', {
    ...about,
    operationId: 'drillBackup',
    effect: 'none',
    summary: 'Test a backup',
    description:
      'A job restores the file to a temporary folder, opens it with the keys, checks database and audit chain, and finds people by their own templates. The data in use is not changed.',
    params: paramsOf('backup'),
    status: 202,
    reply: Drill,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ params: { id }, who }) => backups.drill(id, who),
  }),
  listRoute({
    ...about,
    url: '/backup-drills',
    operationId: 'listBackupDrills',
    effect: 'none',
    summary: 'List tests of backups',
    description: 'The result of each; progress of a running one.',
    item: Drill,
    items: 'Tests, the newest first',
    page: 'BackupDrillPage',
    key: idOf('drill'),
    rows: (_, part) => backups.drills(part),
  }),
  route('GET /backup-drills/:id', {
    ...about,
    operationId: 'getBackupDrill',
    effect: 'none',
    summary: 'Show a test of a backup',
    description: 'Progress or result.',
    quiet: true,
    params: paramsOf('drill'),
    reply: Drill,
    refuses: ['NOT_FOUND'],
    handle: ({ params: { id } }) => backups.getDrill(id),
  }),
  route('GET /backups/plans', {
    ...about,
    operationId: 'listBackupPlans',
    effect: 'none',
    summary: 'List the backup schedules',
    description: 'Also lists current problems with backups.',
    query: PlansQuery,
    reply: PlansReply,
    async handle({ query }) {
      const { plans, warnings } = await backups.plans();
      return { ...pageOfShort(plans, query, ({ folder }) => folder), warnings };
    },
  }),
  route('PUT /backups/plans', {
    ...about,
    operationId: 'setBackupPlan',
    effect: 'weakens-protection',
    summary: 'Schedule backups into a folder',
    description: 'Replaces the schedule of the folder.',
    body: NewPlan,
    reply: BackupPlan,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ body, who }) => backups.schedule(body, who),
  }),
  route('DELETE /backups/plans', {
    ...about,
    operationId: 'removeBackupPlan',
    effect: 'weakens-protection',
    summary: 'Remove the schedule of a folder',
    description: 'The files stay.',
    query: PlanQuery,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ query: { folder }, who }) => backups.unschedule(folder, who),
  }),
];
