import type { OrganizationId, SubjectId, World } from '../../../lib/id.ts';
import { notBeingErased } from '../../../storage/legal-holds.ts';
import type { Sealer } from '../../../storage/sealing/sealed.ts';
import type { TemplateTransform } from '../../../storage/sealing/template-transform.ts';
import type { Db } from '../../../storage/transaction.ts';
import { type ConsentStatus, readConsentStatus } from '../../consent/index.ts';
import { type DamagedRow, type LoadedTemplate, openVectors } from './loaded-templates-store.ts';
import type { Realm } from './subject.ts';

/** Of a person, what is kept in memory. */
export interface ChangedPerson extends Realm {
  id: SubjectId;
  memberOf?: string;
  disabled: boolean;
  status: ConsentStatus;
  /** Made by the model files that were asked for, under the transform that was asked for. */
  templates: LoadedTemplate[];
}

/** Reads people after a change; those whose erasure has begun are not among them. */
export function createChangedPeople({ db, sealer }: { db: Db; sealer: Sealer }) {
  return async (
    people: readonly SubjectId[],
    files: Readonly<Record<string, string>>,
    as: (organization: OrganizationId) => Pick<TemplateTransform, 'generation' | 'rotate'>,
    damaged: (row: DamagedRow) => void,
  ): Promise<ChangedPerson[]> => {
    const present = await db
      .selectFrom('subject')
      .select(['id', 'organization', 'world', 'member_of', 'withheld', 'disabled_at'])
      .where('id', 'in', people)
      .where(notBeingErased)
      .execute();
    if (present.length === 0) return [];
    const rows = await db
      .selectFrom('template')
      .select(['id', 'organization', 'world', 'subject', 'embedder', 'embedder_sha256', 'quality'])
      .select(['created_at', 'anchor', 'vector_sealed', 'transform'])
      .where(
        'subject',
        'in',
        present.map(({ id }) => id),
      )
      .orderBy('id')
      .execute();
    const usable = rows.filter(({ embedder, embedder_sha256 }) => files[embedder] === embedder_sha256);
    const opened = await openVectors(sealer, usable, as, damaged);
    const templates = Map.groupBy(opened, ({ row }) => row.subject);
    return present.map(({ id, organization, world, member_of, withheld, disabled_at }) => ({
      id: id as SubjectId,
      organization: organization as OrganizationId,
      world: world as World,
      ...(member_of !== null && { memberOf: member_of }),
      disabled: disabled_at !== null,
      status: readConsentStatus(withheld),
      templates: templates.get(id) ?? [],
    }));
  };
}
