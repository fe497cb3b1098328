import type { SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import type { InTransaction } from '../../../storage/transaction.ts';
import type { Actor, Audit } from '../../audit/index.ts';
import { isHeld } from '../../consent/index.ts';
import type { Models } from '../../models/index.ts';
import { galleryVectors } from '../best-pictures.ts';
import type { GalleryIndex } from '../gallery-index.ts';
import type { DamagedRow } from '../loaded-templates-store.ts';
import type { Realm } from '../realm.ts';
import type { SubjectStore } from '../subject-store.ts';
import { noSuchPicture } from './confirm-picture.ts';

export interface RemovePictureDeps {
  store: Pick<SubjectStore, 'templatesOf' | 'templateRows' | 'deleteTemplates' | 'isThere'>;
  index: Pick<GalleryIndex, 'put'>;
  inTransaction: InTransaction;
  models: Pick<Models, 'current'>;
  audit: Audit;
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
  return async (realm: Realm, subject: SubjectId, enrollment: string, actor: Actor): Promise<void> => {
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
    index.put(realm, subject, galleryVectors(kept));
  };
}
