import type { Backups } from '../../../engine/backups/index.ts';
import { pageOfShort, toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { paramsOf } from '../ids.ts';
import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromDrill, fromMade, fromPlan, fromRun } from './translate.ts';
import {
  BackupPage,
  BackupQuery,
  DrillPage,
  DrillQuery,
  DrillReply,
  KnownReply,
  MadeBackupReply,
  NewBackup,
  NewPlan,
  PlanQuery,
  PlanReply,
  PlansQuery,
  PlansReply,
  ProvenFile,
} from './wire.ts';

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
export const backupRoutes = (deps: BackupRouteDeps): AdminRoute[] => [
  ...fileRoutes(deps),
  ...drillRoutes(deps),
  ...planRoutes(deps),
];

const fileRoutes = ({ backups }: BackupRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/backups',
    operationId: 'listBackups',
    effect: 'none',
    summary: 'List backups',
    description: 'Every attempted backup, with the state of its file.',
    query: BackupQuery,
    reply: BackupPage,
    async handle({ query: { limit, cursor } }) {
      const before = cursor && { startedAt: cursor[0], id: cursor[1] };
      const found = await backups.page({ ...defined({ before }), limit: limit + 1 });
      const { items, ...next } = toPage(found, limit, ({ startedAt, id }) => [startedAt, id]);
      return { items: items.map(fromRun), ...next };
    },
  }),
  route({
    ...about,
    method: 'POST',
    url: '/backups',
    operationId: 'createBackup',
    effect: 'none',
    summary: 'Write a backup',
    description: 'Runs while requests are served. Replies when the file has been read back and tested.',
    lasting: 'followed',
    body: NewBackup,
    status: 201,
    reply: MadeBackupReply,
    refuses: ['CONFLICT', 'BACKUP_UNUSABLE', 'STORAGE_FULL'],
    handle: async ({ body, who }) => fromMade(await backups.create(defined(body), who)),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/backups/verified',
    operationId: 'noteProvenBackup',
    effect: 'none',
    summary: 'Record that a backup was tested',
    description: 'The schedule removes the most recently tested file last.',
    body: ProvenFile,
    reply: KnownReply,
    refuses: ['STORAGE_FULL'],
    handle: async ({ body: { path }, who }) => ({ known: await backups.verified(path, who) }),
  }),
];

const drillRoutes = ({ backups }: BackupRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'POST',
    url: '/backups/:id/drill',
    operationId: 'drillBackup',
    effect: 'none',
    summary: 'Test a backup',
    description:
      'A job restores the file to a temporary folder, opens it with the keys, checks database and audit chain, and finds people by their own templates. The data in use is not changed.',
    params: paramsOf('backup'),
    status: 202,
    reply: DrillReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: async ({ params: { id }, who }) => fromDrill(await backups.drill(id, who)),
  }),
  route({
    ...about,
    method: 'GET',
    url: '/backup-drills',
    operationId: 'listBackupDrills',
    effect: 'none',
    summary: 'List tests of backups',
    description: 'The result of each; progress of a running one.',
    query: DrillQuery,
    reply: DrillPage,
    async handle({ query: { limit, cursor } }) {
      const found = await backups.drills({ ...defined({ before: cursor }), limit: limit + 1 });
      return toPage(found.map(fromDrill), limit, ({ id }) => id);
    },
  }),
  route({
    ...about,
    method: 'GET',
    url: '/backup-drills/:id',
    operationId: 'getBackupDrill',
    effect: 'none',
    summary: 'Show a test of a backup',
    description: 'Progress or result.',
    quiet: true,
    params: paramsOf('drill'),
    reply: DrillReply,
    refuses: ['NOT_FOUND'],
    handle: async ({ params: { id } }) => fromDrill(await backups.getDrill(id)),
  }),
];

const planRoutes = ({ backups }: BackupRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/backups/plans',
    operationId: 'listBackupPlans',
    effect: 'none',
    summary: 'List the backup schedules',
    description: 'Also lists current problems with backups.',
    query: PlansQuery,
    reply: PlansReply,
    async handle({ query }) {
      const { plans, warnings } = await backups.plans();
      return { ...pageOfShort(plans.map(fromPlan), query, ({ folder }) => folder), warnings };
    },
  }),
  route({
    ...about,
    method: 'PUT',
    url: '/backups/plans',
    operationId: 'setBackupPlan',
    effect: 'weakens-protection',
    summary: 'Schedule backups into a folder',
    description: 'Replaces the schedule of the folder.',
    body: NewPlan,
    reply: PlanReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: async ({ body, who }) => fromPlan(await backups.schedule(body, who)),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/backups/plans',
    operationId: 'removeBackupPlan',
    effect: 'weakens-protection',
    summary: 'Remove the schedule of a folder',
    description: 'The files stay.',
    query: PlanQuery,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: ({ query: { folder }, who }) => backups.unschedule(folder, who),
  }),
];
