import type { Clock } from '../../lib/clock.ts';
import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Consents } from '../consent/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { PersonalData } from '../personal-data/index.ts';
import type { Subjects } from '../subjects/index.ts';
import { createOutgoingSections } from './outgoing-sections.ts';
import { createRecordSections, time } from './record-sections.ts';
import { createSubjectRecordStore, type RecordSealer } from './subject-record-store.ts';

const recordFormat = 'gatehouse-subject-record/1';

/** Everything held about one person, as JSON (docs/SUBJECT-RECORD.md). */
export type SubjectRecord = { format: typeof recordFormat } & Record<string, unknown>;

export interface RecordOrder {
  /** By id or e-mail; somebody who was erased by id. */
  person: string;
  /** The vectors too: what the person's face was turned into. Whoever has them can compare faces with them. */
  withTemplates: boolean;
  /** Reasons of legal holds too, which the law may forbid to tell the person. */
  withInternal: boolean;
  actor: Actor;
  request?: string;
}

export interface SubjectRecords {
  /** Audited as a read, on disk before the answer. Throws SUBJECT_NOT_FOUND. */
  read(realm: { organization: OrganizationId; world: World }, order: RecordOrder): Promise<SubjectRecord>;
}

export interface SubjectRecordsDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: RecordSealer & { emailHash(organization: OrganizationId, email: string): string };
  organizations: Pick<Organizations, 'get'>;
  subjects: Pick<Subjects, 'find'>;
  consents: Pick<Consents, 'read'>;
  audit: Audit;
  personalData: readonly PersonalData[];
  /** Every other table, and why it holds nothing about a person. */
  tablesWithoutPersons: Readonly<Record<string, string>>;
  clock: Clock;
}

export function createSubjectRecords({
  db,
  inTransaction,
  sealer,
  organizations,
  subjects,
  consents,
  audit,
  personalData,
  tablesWithoutPersons,
  clock,
}: SubjectRecordsDeps): SubjectRecords {
  const store = createSubjectRecordStore({ db, sealer });
  const sections = createRecordSections({ store, consents });
  const { deliveries, alerts } = createOutgoingSections({ store });

  return {
    async read(realm, { person, withTemplates, withInternal, actor, request }) {
      const { organization, world } = realm;
      const found = await subjects.find(realm, person);
      const of = { ...realm, subject: found?.id ?? (person as SubjectId) };
      const { id, name } = await organizations.get(organization);
      const erasures = await store.erasures(of);
      if (!found && !erasures.some((one) => one.world === world))
        throw new Problem('SUBJECT_NOT_FOUND', 'No such person is enrolled here.');
      const unreadable: string[] = [];
      const tell = (field: string) => void unreadable.push(field);

      await inTransaction((tx) =>
        audit.add(tx, {
          actor,
          action: 'subject.export',
          organization,
          target: of.subject,
          ...(request === undefined ? {} : { request }),
          details: { world, withTemplates, withInternal },
        }),
      );
      const row = found && (await store.person(of));
      const verifications = await sections.verifications(of, withTemplates, tell);
      const claim =
        found?.email === undefined
          ? undefined
          : await store.claim(of, sealer.emailHash(organization, found.email));
      return {
        format: recordFormat,
        exportedAt: time(clock.now()),
        organization: { id, name },
        world,
        person: found && {
          userId: found.id,
          email: found.email,
          name: found.name,
          createdAt: time(found.createdAt),
          updatedAt: time(found.updatedAt),
          lastVerifiedAt: time(row?.last_used_at),
        },
        enrollments: found && (await sections.enrollments(of, withTemplates, tell)),
        consent: found && (await sections.consent(of, actor, request)),
        holds: found && (await sections.holds(of, withInternal, tell)),
        verifications,
        failedAttempts: claim && {
          count: claim.failures,
          lastFailedAt: time(claim.last_failed_at),
          disabledAt: time(claim.disabled_at),
        },
        events: await sections.events(of, tell),
        deliveries: await deliveries(of, tell),
        alerts: await alerts(of),
        audit: await sections.audit(
          of,
          verifications.map(({ id }) => id),
          withInternal,
          tell,
        ),
        erasures: erasures.map((one) => ({
          id: one.id,
          state: one.state,
          reason: one.reason,
          by: one.actor,
          intendedAt: time(one.intended_at),
          completedAt: time(one.completed_at),
          receipt: one.receipt === null ? undefined : JSON.parse(one.receipt),
        })),
        /** Sealed values that do not open: they were changed on disk. */
        unreadable,
        notes: {
          pictures: 'Pictures are not kept: only what models computed of them.',
          templates: withTemplates
            ? 'vector: little-endian float32 numbers, base64, as the model gave them; the picture cannot be made of it, but a face can be compared with it.'
            : 'The vectors are left out; they are given with --with-templates.',
          ...(withInternal
            ? {}
            : { holds: 'Reasons of legal holds are left out; they are given with --with-internal.' }),
          notIncluded: { ...tablesWithoutPersons, ...leftOut(personalData) },
        },
      };
    },
  };
}

/** Tables that a person has something in, and that have no section: why not. */
const leftOut = (personalData: readonly PersonalData[]): Record<string, string> =>
  Object.fromEntries(
    personalData.flatMap(({ tables }) =>
      Object.entries(tables).flatMap(([table, { record }]) =>
        'leftOut' in record ? [[table, record.leftOut]] : [],
      ),
    ),
  );
