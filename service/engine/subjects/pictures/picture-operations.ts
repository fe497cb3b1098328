import type { SubjectId } from '../../../lib/id.ts';
import type { Actor } from '../../audit/index.ts';
import { bestFirst, galleryVectors } from '../best-pictures.ts';
import type { createSubjectTurns } from '../change-subject.ts';
import type { GalleryIndex } from '../gallery-index.ts';
import type { StoredTemplate } from '../loaded-templates-store.ts';
import type { createFindSubject } from '../people/read-people.ts';
import type { Realm } from '../realm.ts';
import type { Enrollment } from '../subject.ts';
import type { SubjectStore } from '../subject-store.ts';
import type { createConfirm } from './confirm-picture.ts';
import type { createRemovePicture } from './remove-picture.ts';

export interface PictureOperationsDeps
  extends Pick<ReturnType<typeof createFindSubject>, 'get' | 'templatesOf'> {
  store: Pick<SubjectStore, 'ownerOfPicture' | 'pictureHash'>;
  index: Pick<GalleryIndex, 'put'>;
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
        index.put(realm, person.id, galleryVectors(await templatesOf(realm, [person.id])));
      });
      return person;
    },
    async removePicture(
      realm: Realm,
      { subject, enrollment }: { subject: string; enrollment: string },
      actor: Actor,
    ) {
      const person = await get(realm, subject);
      await inTurnOf(realm, person.id, () => removePicture(realm, person.id, enrollment, actor));
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
