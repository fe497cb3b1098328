import { parseJson } from '../../../lib/canonical-json.ts';
import { defined } from '../../../lib/defined.ts';
import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { Db, Tx } from '../../../storage/transaction.ts';
import { type Actor, type Foundation, readActor, readDone } from '../../audit/index.ts';
import { isHeld } from '../../consent/index.ts';
import type { Models } from '../../models/index.ts';
import { bestFirst, galleryVectors, refuseMoreAnchors } from './best-pictures.ts';
import type { createSubjectTurns } from './change-subject.ts';
import type { DamagedRow, StoredTemplate } from './loaded-templates-store.ts';
import type { createFindSubject } from './people/read-people.ts';
import type { PeopleGalleries } from './people-galleries.ts';
import type { EnrolledPicture, Enrollment, Realm, Subject } from './subject.ts';
import type { SubjectStore } from './subject-store.ts';

interface PictureOperationsDeps extends Pick<ReturnType<typeof createFindSubject>, 'get' | 'templatesOf'> {
  store: Pick<SubjectStore, 'ownerOfPicture' | 'pictureHash'>;
  index: Pick<PeopleGalleries, 'put'>;
  confirm: ReturnType<typeof createConfirm>;
  removePicture: ReturnType<typeof createRemovePicture>;
  inTurnOf: ReturnType<typeof createSubjectTurns>['inTurnOf'];
  changed(realm: Realm): void;
}

/** The operations of `Subjects` on enrolled pictures. */
export function createPictureOperations({
  store,
  index,
  get,
  templatesOf,
  confirm,
  removePicture,
  inTurnOf,
  changed,
}: PictureOperationsDeps) {
  return {
    enrollments: async (realm: Realm, subject: SubjectId) =>
      toEnrollments(await templatesOf(realm, [subject])),
    async confirm(
      realm: Realm,
      { subject, ...picture }: { subject: string; enrollment: string; confirmed: boolean; alone?: boolean },
      actor: Actor,
      request?: string,
    ) {
      const person = await get(realm, subject);
      await inTurnOf(realm, person.id, async () => {
        await confirm(realm, { ...picture, subject: person.id }, actor, request);
        index.put(realm, person.id, galleryVectors(await templatesOf(realm, [person.id])), person.memberOf);
      });
      return person;
    },
    async removePicture(
      realm: Realm,
      { subject, enrollment }: { subject: string; enrollment: string },
      actor: Actor,
    ) {
      const person = await get(realm, subject);
      await inTurnOf(realm, person.id, () => removePicture(realm, person, enrollment, actor));
      changed(realm);
      return person;
    },
    enrollmentsOf: async (realm: Realm, people: readonly SubjectId[]) =>
      Map.groupBy(toEnrollments(await templatesOf(realm, people)), ({ subject }) => subject),
    ownerOfPicture: (realm: Realm, pixelHashes: readonly string[]) =>
      store.ownerOfPicture(
        realm,
        pixelHashes.map((hash) => store.pictureHash(realm.organization, hash)),
      ),
  };
}

function toEnrollments(templates: readonly StoredTemplate[]): Enrollment[] {
  const enrollments = [...Map.groupBy(templates, ({ enrollment }) => enrollment).values()].map((rows) => ({
    id: rows[0]!.enrollment,
    subject: rows[0]!.subject,
    quality: rows[0]!.quality,
    createdAt: rows[0]!.createdAt,
    anchor: rows[0]!.anchor,
    templates: rows.map(({ id, embedder, vector }) => ({ id, embedder, vector })),
  }));
  return enrollments.sort(bestFirst);
}

interface RemovePictureDeps extends Pick<Foundation, 'inTransaction' | 'audit'> {
  store: Pick<SubjectStore, 'templatesOf' | 'templateRows' | 'deleteTemplates' | 'isThere'>;
  index: Pick<PeopleGalleries, 'put'>;
  models: Pick<Models, 'current'>;
  damaged: (row: DamagedRow) => void;
}

/**
 * Removes an enrolled picture: its templates, and the person's row of the gallery follows. Throws NOT_FOUND for an enrollment the
 * person does not have, LEGAL_HOLD, and CONFLICT where no confirmed picture would be left. One person at a time.
 */
export function createRemovePicture({
  store,
  index,
  inTransaction,
  models,
  audit,
  damaged,
}: RemovePictureDeps) {
  return async (
    realm: Realm,
    { id: subject, memberOf }: Pick<Subject, 'id' | 'memberOf'>,
    enrollment: string,
    actor: Actor,
  ): Promise<void> => {
    const { files } = models.current();
    // Read before anything is written, so that the gallery can follow the commit whatever happens to the database then.
    const before = await store.templatesOf(realm, [subject], files, damaged);
    await inTransaction(async (tx) => {
      const rows = (await store.isThere(tx, subject)) ? await store.templateRows(tx, subject) : [];
      const removed = rows.filter((row) => row.enrollment === enrollment);
      if (removed.length === 0) throw noSuchPicture(enrollment);
      if (await isHeld(tx, subject))
        throw new Problem(
          'LEGAL_HOLD',
          `${subject} is under a legal hold, which keeps all pictures: release the hold first (“gatehouse hold list” shows it).`,
        );
      if (!rows.some((row) => row.anchor === 1 && row.enrollment !== enrollment))
        throw new Problem(
          'CONFLICT',
          'This is the only confirmed picture of the person: confirm another one first, or erase the person.',
        );
      await store.deleteTemplates(
        tx,
        removed.map(({ id }) => id),
      );
      await audit.add(tx, {
        actor,
        action: 'subject.remove-picture',
        organization: realm.organization,
        target: subject,
        details: { world: realm.world, enrollment },
      });
    });
    const kept = before.filter((one) => one.enrollment !== enrollment);
    index.put(realm, subject, galleryVectors(kept), memberOf);
  };
}

interface Confirmation {
  subject: SubjectId;
  enrollment: string;
  confirmed: boolean;
  /** No second member of staff has a part in it, because there is none who could. */
  alone?: boolean;
}

interface ConfirmDeps extends Pick<Foundation, 'inTransaction' | 'audit'> {
  store: Pick<SubjectStore, 'templateRows' | 'setAnchor' | 'dropSettled' | 'isThere'>;
  most: number;
}

/**
 * Makes an enrolled picture an anchor, or an ordinary one again. Throws NOT_FOUND for an enrollment the person does not have,
 * CONFLICT where more anchors than pictures are kept, or none, would be left.
 */
export function createConfirm({ store, inTransaction, audit, most }: ConfirmDeps) {
  return (
    { organization, world }: Realm,
    { subject, enrollment, confirmed, alone = false }: Confirmation,
    actor: Actor,
    request?: string,
  ): Promise<void> =>
    inTransaction(async (tx: Tx) => {
      const rows = (await store.isThere(tx, subject)) ? await store.templateRows(tx, subject) : [];
      const before = rows.find((row) => row.enrollment === enrollment);
      if (before === undefined) throw noSuchPicture(enrollment);
      const anchor = confirmed ? 1 : 0;
      if (before.anchor === anchor) return;
      const after = rows.map((row) => (row.enrollment === enrollment ? { ...row, anchor } : row));
      refuseMoreAnchors(after, most);
      if (!after.some((row) => row.anchor === 1))
        throw new Problem(
          'CONFLICT',
          'This is the only confirmed picture of the person: confirm another one first.',
        );
      await store.setAnchor(tx, subject, enrollment, confirmed);
      await store.dropSettled(tx, subject);
      await audit.add(tx, {
        actor,
        action: confirmed ? 'subject.confirm' : 'subject.unconfirm',
        organization,
        target: subject,
        ...defined({ request }),
        details: { world, enrollment, ...(alone && { alone }) },
      });
    });
}

const noSuchPicture = (enrollment: string) =>
  new Problem(
    'NOT_FOUND',
    `This person has no picture ${enrollment}: “gatehouse subject show” lists those there are.`,
  );

export interface ConfirmedAloneDeps {
  db: Db;
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  pictures(subject: Subject['id']): Promise<EnrolledPicture[]>;
}

/** `Subjects.confirmsAlone`. */
export const createConfirmsAlone =
  ({ db, get, pictures }: ConfirmedAloneDeps) =>
  async (
    realm: Realm,
    { subject, enrollment }: { subject: string; enrollment: string },
    who: Actor,
  ): Promise<boolean> => {
    if (realm.world !== 'live' || who.is !== 'administrator') return false;
    const { id } = await get(realm, subject);
    const picture = (await pictures(id)).find((one) => one.enrollment === enrollment);
    if (!picture || picture.anchor) return false;
    const lines = await readDone(db, { action: 'subject.enroll', target: id });
    const line = lines.find(
      ({ details }) => parseJson<{ enrollment?: string }>(details)?.enrollment === enrollment,
    );
    return line === undefined || !isOther(readActor(line.actor), who.administrator);
  };

/** Another member of staff: a program or a visitor of a page is none. */
function isOther(enroller: Actor, administrator: string): boolean {
  if (enroller.is === 'operator') return true;
  const staff =
    enroller.is === 'administrator' || enroller.is === 'kiosk' ? enroller.administrator : undefined;
  return staff !== undefined && staff !== administrator;
}
