import { join } from 'node:path';
import type { AuditLog } from '../engine/audit/index.ts';
import { createConsentReceipts, createConsents, createHolds } from '../engine/consent/index.ts';
import { createGalleryCalibrations } from '../engine/matching/index.ts';
import { createSubjects, type Realm } from '../engine/people/index.ts';
import { crossScoresInThread } from '../inference/gallery/cross-scores.ts';
import { createGalleries } from '../inference/gallery/galleries.ts';
import { createSnapshotKey } from '../storage/sealing/snapshot-key.ts';
import type { Accounts } from './accounts.ts';
import { createConnection } from './connection.ts';
import type { EventsOut } from './events.ts';
import type { Foundation } from './foundation.ts';
import { createPersonalData } from './personal-data.ts';
import type { Pictures } from './pictures.ts';

export type People = ReturnType<typeof createPeople>;

/** People, what they consented to, and the galleries that they are found in. */
export function createPeople(
  {
    config,
    db,
    inTransaction,
    sealer,
    integrity,
    audit,
    ids,
    clock,
    log,
    opened,
    position,
    vault,
  }: Foundation,
  auditLog: AuditLog,
  { organizations }: Accounts,
  { models }: Pictures,
  { events, recurring }: EventsOut,
) {
  const holds = createHolds({ db, inTransaction, sealer, audit, ids, clock });
  const consents = createConsents({ db, inTransaction, audit, ids, clock, organizations, events });
  const { publicKeys, sign } = vault.signing;
  const consentReceipts = createConsentReceipts({
    db,
    inTransaction,
    audit,
    clock,
    organizations,
    signing: { publicKeys, sign },
    appliance: auditLog.appliance,
  });
  const galleries = createGalleries({ log });
  opened.defer(() => galleries.close());
  const changed = createConnection<(realm: Realm) => void>('subjects.changed');
  const subjects = createSubjects({
    db,
    inTransaction,
    sealer,
    audit,
    ids,
    clock,
    log,
    events,
    models,
    galleries,
    consents,
    position,
    snapshot: { file: join(config.data, 'gallery.snapshot'), key: createSnapshotKey(vault) },
    personalData: createPersonalData({ db, sealer, integrity, organizations, clock }),
    changed: changed.call,
  });
  opened.defer(() => subjects.closeSearch());
  const calibrations = createGalleryCalibrations({
    db,
    inTransaction,
    audit,
    clock,
    organizations,
    models,
    subjects,
    crossScores: crossScoresInThread,
    due: () => recurring.soon('gallery-calibration'),
  });
  changed.connect(calibrations.noticed);
  return { holds, consents, consentReceipts, galleries, subjects, calibrations };
}
