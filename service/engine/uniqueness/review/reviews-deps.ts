import type { ReviewId, SubjectId } from '../../../lib/id.ts';
import type { Tx } from '../../../storage/transaction.ts';
import type { Organizations } from '../../accounts/index.ts';
import type { Actor, Foundation } from '../../audit/index.ts';
import type { Models } from '../../models/index.ts';
import type { Enrollment, Realm, Subjects } from '../../people/index.ts';
import type { ComparedPerson, WaitingEnrollment } from './review-item.ts';
import type { ReviewSealer } from './review-store.ts';

/** A picture that a reviewer adds, to compare two people by eye. */
export interface PictureForReview extends Realm {
  picture: Uint8Array;
  actor: Actor;
  signal?: AbortSignal;
}

/** The face in it. */
export interface FaceForReview {
  /** JPEG of the face. */
  portrait: Uint8Array;
  /** 0..1 */
  quality: number;
  /** Judged as a further picture of a person would be; undefined where nothing compares. */
  isLike(enrolled: readonly Pick<Enrollment, 'anchor' | 'templates'>[]): boolean | undefined;
}

/** Newcomers of uniqueness scopes whose session waits for the decision (engine/uniqueness). */
export interface WaitingNewcomers {
  /**
   * The newcomer is none of `compared`: makes them a member, and runs `settle` in that transaction, with their id. Without one where the
   * face is like that of a further person: the session waits for a review of those two.
   */
  admit(
    newcomer: {
      realm: Realm;
      item: ReviewId;
      /** With the person of this item. */
      compared: readonly ComparedPerson[];
      order: WaitingEnrollment;
      /** JPEG of the newcomer's face, where one was kept. */
      portrait?: Uint8Array;
      actor: Actor;
    },
    settle: (tx: Tx, subject: SubjectId | undefined) => Promise<void>,
  ): Promise<void>;
  /** The newcomer is `known`. */
  refuse(tx: Tx, newcomer: { realm: Realm; item: ReviewId; known: SubjectId }): Promise<void>;
}

export interface ReviewsDeps extends Pick<Foundation, 'db' | 'inTransaction' | 'audit' | 'ids' | 'clock'> {
  newcomers: WaitingNewcomers;
  sealer: ReviewSealer;
  subjects: Pick<Subjects, 'find' | 'enroll' | 'enrollments' | 'pictures' | 'count' | 'isThere'>;
  /** Finds the face in a picture that a reviewer adds. Throws what refuses the picture. */
  faceOf(picture: PictureForReview): Promise<FaceForReview>;
  organizations: Pick<Organizations, 'get'>;
  models: Pick<Models, 'current'>;
}
