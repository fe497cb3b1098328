import type { ReviewId, SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Actor } from '../audit/index.ts';
import type { Enrollment, Realm } from '../subjects/index.ts';
import { type DecideDeps, requireOpen } from './decide.ts';
import type { Likeness, ReviewItem } from './review-item.ts';
import { orderPlace, picturePlace, type ReviewRow } from './review-store.ts';
import { decodeOrder } from './waiting-enrollment.ts';

/** `Reviews.addKnownPicture`. */
export function createAddKnownPicture(deps: DecideDeps) {
  const { store, find, load, inTransaction, sealer, audit, ids, clock, subjects, look } = deps;

  /** Pictures of the newcomer, as far as the models in use compare them. */
  async function newcomer(realm: Realm, row: ReviewRow): Promise<Pick<Enrollment, 'anchor' | 'templates'>[]> {
    if (row.other !== null) return subjects.enrollments(realm, row.other as SubjectId);
    if (row.order_sealed === null) return [];
    const { embeddings, files } = decodeOrder(await sealer.open(orderPlace(row), row.order_sealed));
    const now = deps.models.current().files;
    const templates = Object.entries(embeddings)
      .filter(([embedder]) => files[embedder] === now[embedder])
      .map(([embedder, vector]) => ({ id: `waiting_${embedder}` as never, embedder, vector }));
    return [{ anchor: true, templates }];
  }

  return async function addKnownPicture(
    realm: Realm,
    id: ReviewId,
    picture: Uint8Array,
    actor: Actor,
    signal?: AbortSignal,
  ): Promise<ReviewItem> {
    const row = requireOpen(await find(realm, id));
    const known = row.subject as SubjectId;
    const face = await look({ ...realm, picture, actor, ...(signal && { signal }) });
    const compared = {
      quality: face.quality,
      ...stated('likeKnown', face.isLike(await subjects.enrollments(realm, known))),
      ...stated('likeNew', face.isLike(await newcomer(realm, row))),
    };
    const place = { id: ids.next('reviewPicture'), ...realm, subject: known };
    const picture_sealed = await sealer.seal(picturePlace(place), face.portrait);
    await inTransaction(async (tx) => {
      const open = await store.find(realm, id, tx);
      if (!open) throw new Problem('NOT_FOUND', `No review has the id ${id} any more.`);
      requireOpen(open);
      const figures: Likeness = { ...(JSON.parse(open.figures) as Likeness), knownPicture: compared };
      const side = 'known';
      await store.replacePicture(tx, { ...place, item: id, side, picture_sealed, created_at: clock.now() });
      await store.setFigures(tx, id, JSON.stringify(figures));
      await audit.add(tx, {
        actor,
        action: 'review.add-picture',
        organization: realm.organization,
        target: id,
        details: { world: realm.world, side, subject: known, ...compared },
      });
    });
    return load(realm, id);
  };
}

const stated = <Key extends string>(key: Key, value: boolean | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { [key in Key]?: boolean };
