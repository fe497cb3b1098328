import type { OrganizationId, SubjectId, TemplateId, World } from '../../lib/id.ts';

/** A person of an organization in one world. */
export interface Subject {
  id: SubjectId;
  organization: OrganizationId;
  world: World;
  email?: string;
  name?: string;
  createdAt: number;
  updatedAt: number;
  /** Pictures enrolled (not vectors). */
  enrollments: number;
  /** Since when the person does not verify; absent: they do. */
  disabledAt?: number;
  /** Part of the galleries of a member of a uniqueness scope, who has no address; absent: enrolled people. */
  memberOf?: string;
}

/** The embeddings of one enrolled picture, by embedder id; unit length. */
export interface Enrollment {
  id: string;
  subject: SubjectId;
  /** 0..1: which to keep when there are more than the most a person may have. */
  quality: number;
  createdAt: number;
  /** The person's first, or confirmed by an operator: never dropped, and what a further picture has to match. */
  anchor: boolean;
  templates: { id: TemplateId; embedder: string; vector: Float32Array }[];
}
