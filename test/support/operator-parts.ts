import type { AdminDeps } from '../../service/doors/admin/index.ts';
import { createWorks } from '../../service/engine/appliance/index.ts';
import { systemClock } from '../../service/lib/clock.ts';

const rooms = [
  'calibrations',
  'organizationErasure',
  'custody',
  'renewals',
  'jobs',
  'boardLinks',
  'keyCopyFolders',
  'nodeKeys',
  'models',
  'modelChanges',
  'auditLog',
  'backups',
  'certificates',
  'boxName',
  'holds',
  'erasure',
  'evidence',
  'subjectRecords',
  'timelines',
  'retention',
  'serving',
  'verifications',
  'overviews',
] as const;

const refuse = (): never => {
  throw new Error('An API key came as far as to what only the operator may do.');
};
const refusing = new Proxy({}, { get: () => refuse });

/** Parts of the engine that no API key reaches: asking one fails the request. */
export const operatorParts = {
  ...(Object.fromEntries(rooms.map((room) => [room, refusing])) as unknown as Pick<
    AdminDeps,
    (typeof rooms)[number]
  >),
  works: createWorks(systemClock),
  status: refuse,
  readiness: refuse,
  applianceReport: refuse,
  nodeList: { list: refuse, remove: refuse, drain: refuse, undrain: refuse },
  netProvider: refuse,
};
