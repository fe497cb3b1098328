import { setImmediate as pause } from 'node:timers/promises';
import type { OrganizationId } from '../../lib/id.ts';
import type { Actor } from '../audit/index.ts';
import type { Consents } from '../consent/index.ts';
import type { createSubjectRecordStore } from './subject-record-store.ts';

type Store = ReturnType<typeof createSubjectRecordStore>;
type Of = Parameters<Store['templates']>[0];
/** Hears of sealed values that do not open. */
type Tell = (field: string) => void;

/** Verifications whose audit lines are looked for in one go. */
const CHUNK = 500;

const decoder = new TextDecoder();
const text = (plain: Uint8Array | undefined) => plain && decoder.decode(plain);
const json = (plain: Uint8Array | undefined): Record<string, unknown> | undefined =>
  plain && JSON.parse(decoder.decode(plain));

/** ISO 8601, UTC. */
export const time = (milliseconds: number | null | undefined) =>
  milliseconds === null || milliseconds === undefined ? undefined : new Date(milliseconds).toISOString();

/** The parts of a record. Each is read in pages, so that nobody waits for the record of a person of many years. */
export function createRecordSections({
  store,
  consents,
}: {
  store: Store;
  consents: Pick<Consents, 'read'>;
}) {
  function probeOf(
    organization: OrganizationId,
    probe: Record<string, unknown> | undefined,
    withTemplates: boolean,
  ) {
    if (!probe) return undefined;
    const {
      embedder,
      sha256,
      transform = 0,
      vector,
    } = probe as { embedder: string; sha256: string; transform?: number; vector: string };
    return {
      model: embedder,
      modelSha256: sha256,
      ...(withTemplates
        ? { vector: store.vectorText(organization, Buffer.from(vector, 'base64'), transform) }
        : {}),
    };
  }

  return {
    async enrollments(of: Of, withTemplates: boolean, tell: Tell) {
      const templates = [];
      for await (const page of store.templates(of)) {
        const fieldOf = (row: (typeof page)[number]) =>
          `template.vector/${row.id}${row.transform === 0 ? '' : `@${row.transform}`}`;
        const vectors = withTemplates
          ? await store.open(
              of,
              page.map((row) => ({ id: row.id, field: fieldOf(row), sealed: row.vector_sealed })),
              tell,
            )
          : new Map<string, Uint8Array>();
        const marks = await store.open(
          of,
          page.map((row) => ({ id: row.id, field: `template.mark/${row.id}`, sealed: row.mark_sealed })),
          tell,
        );
        for (const row of page) {
          const [vector, mark] = [vectors.get(row.id), marks.get(row.id)];
          templates.push({
            enrollment: row.enrollment,
            enrolledAt: time(row.created_at),
            quality: row.quality,
            pictureSha256: text(mark),
            template: {
              id: row.id,
              model: row.embedder,
              modelSha256: row.embedder_sha256,
              vector: vector && store.vectorText(of.organization, vector, row.transform),
            },
          });
        }
        await pause();
      }
      return [...Map.groupBy(templates, ({ enrollment }) => enrollment)].map(([id, rows]) => ({
        id,
        enrolledAt: rows[0]!.enrolledAt,
        quality: rows[0]!.quality,
        pictureSha256: rows[0]!.pictureSha256,
        templates: rows.map(({ template }) => template),
      }));
    },

    async consent(of: Of, actor: Actor, request: string | undefined) {
      const { ground, withheld, consents: given, withdrawals } = await consents.read(of, actor, request);
      return {
        policy: ground.is,
        attestedPurposes: ground.is === 'attested' ? ground.purposes : [],
        withheld,
        consents: given.map(({ at, expiresAt, ...rest }) => ({
          ...rest,
          at: time(at),
          expiresAt: time(expiresAt),
        })),
        withdrawals: withdrawals.map(({ at, ...rest }) => ({ ...rest, at: time(at) })),
      };
    },

    async holds(of: Of, withInternal: boolean, tell: Tell) {
      const rows = await store.holds(of);
      const reasons = withInternal
        ? await store.open(
            of,
            rows.map((row) => ({
              id: row.id,
              field: `legal_hold.reason/${row.id}`,
              sealed: row.reason_sealed,
            })),
            tell,
          )
        : new Map<string, Uint8Array>();
      return rows.map((row) => ({
        id: row.id,
        placedAt: time(row.placed_at),
        placedBy: row.placed_by,
        releasedAt: time(row.released_at),
        releasedBy: row.released_by ?? undefined,
        reason: text(reasons.get(row.id)),
      }));
    },

    async verifications(of: Of, withTemplates: boolean, tell: Tell) {
      const read = [];
      for await (const page of store.verifications(of)) {
        const fields = ['place', 'device', 'probe'] as const;
        const opened = await store.open(
          of,
          page.flatMap((row) =>
            fields.map((field) => ({
              id: `${field} ${row.id}`,
              field: `verification.${field}/${row.id}`,
              sealed: row[`${field}_sealed`],
            })),
          ),
          tell,
        );
        const openedOf = (field: string, id: string) => json(opened.get(`${field} ${id}`));
        for (const row of page) {
          read.push({
            id: row.id,
            at: time(row.created_at),
            kind: row.kind,
            profile: row.profile,
            profileVersion: row.profile_version,
            verified: row.verified === 1,
            reason: row.reason ?? undefined,
            confidence: row.confidence,
            compositeScore: row.composite,
            assurance: row.assurance,
            scorer: row.scorer ?? undefined,
            pictures: row.pictures ?? undefined,
            galleryShift: row.gallery_shift ?? undefined,
            checkResults: JSON.parse(row.checks),
            models: JSON.parse(row.models),
            timing: JSON.parse(row.timing),
            by: row.actor,
            location: openedOf('place', row.id),
            device: openedOf('device', row.id),
            probe: probeOf(of.organization, openedOf('probe', row.id), withTemplates),
          });
        }
        await pause();
      }
      return read;
    },

    async events(of: Of, tell: Tell) {
      const read = [];
      for await (const page of store.events(of)) {
        const opened = await store.open(
          of,
          page.map((row) => ({
            id: row.id,
            field: `outbox.personal/${row.id}`,
            sealed: row.subject === of.subject ? row.personal_sealed : null,
          })),
          tell,
        );
        for (const row of page) {
          read.push({
            id: row.id,
            type: row.type,
            at: time(row.created_at),
            relayedAt: time(row.relayed_at),
            payload: parseFor(of.subject, row.payload),
            personal: json(opened.get(row.id)),
          });
        }
        await pause();
      }
      return read;
    },

    async audit(of: Of, verifications: readonly string[], withInternal: boolean, tell: Tell) {
      const lines = new Map<string, Record<string, unknown>>();
      for (let from = 0; from === 0 || from < verifications.length; from += CHUNK) {
        for await (const page of store.auditLines(of, verifications.slice(from, from + CHUNK))) {
          const opened = await store.open(
            of,
            page.map((row) => ({
              id: row.id,
              field: `audit.personal/${row.id}`,
              sealed:
                row.subject === of.subject && (withInternal || !row.action.startsWith('hold.'))
                  ? row.personal_sealed
                  : null,
            })),
            tell,
          );
          for (const row of page) {
            lines.set(row.id, {
              at: time(row.at),
              action: row.action,
              outcome: row.outcome,
              by: row.actor,
              target: row.target ?? undefined,
              request: row.request ?? undefined,
              details: parseFor(of.subject, row.details),
              personal: json(opened.get(row.id)),
            });
          }
          await pause();
        }
      }
      return [...lines].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
    },
  };
}

/** JSON in which ids of other people are not told. */
const parseFor = (subject: string, source: string): unknown =>
  JSON.parse(source, (_, value) =>
    typeof value === 'string' && value.startsWith('sub_') && value !== subject ? '(another person)' : value,
  );
