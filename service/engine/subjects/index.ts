import type { OrganizationId, SubjectId, TemplateId, World } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { Consent, Enrollment, Subject } from './subject.ts';

export type { Consent, Enrollment, Purpose, Subject } from './subject.ts';
export { purposes } from './subject.ts';

/** Where: everything a subject is found in. */
export interface Realm {
  organization: OrganizationId;
  world: World;
}

export interface Subjects {
  /** By id or by e-mail (a string with an @). Throws SUBJECT_NOT_FOUND. */
  get(realm: Realm, idOrEmail: string): Promise<Subject>;
  find(realm: Realm, idOrEmail: string): Promise<Subject | undefined>;
  list(realm: Realm, page: { limit: number; after?: SubjectId }): Promise<{ subjects: Subject[]; next?: SubjectId }>;
  count(realm: Realm): Promise<number>;
  /**
   * Adds a picture's embeddings to the person with this e-mail, made now if new. Keeps the best `most` (10) enrollments.
   * Rows, audit line and gallery rows become visible together; acknowledged means on disk.
   */
  enroll(
    realm: Realm,
    input: {
      email: string;
      name?: string;
      embeddings: Record<string, Float32Array>;
      quality: number;
      consent?: Consent;
      /** Extra audit details: the flag of a duplicate under `warn`, an operator's override. */
      audit?: Record<string, unknown>;
    },
    actor: Actor,
    request?: string,
  ): Promise<{ subject: Subject; created: boolean; enrollment: string }>;
  enrollments(realm: Realm, subject: SubjectId): Promise<Enrollment[]>;
  /** Which subject a template belongs to: the way back from a gallery candidate. */
  ownerOf(realm: Realm, template: TemplateId): SubjectId | undefined;
  /** Reads every template into the galleries at start; embedder A alone. Calls `progress` with counts now and then. */
  loadGalleries(progress?: (loaded: number) => void): Promise<void>;
}
