import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { SealedPlace, Sealer } from '../../storage/sealing/sealed.ts';
import type { Db } from '../../storage/transaction.ts';

/** Rows that are read and opened in one go: some milliseconds of the event loop. */
const PAGE = 500;
const VERSION = 1;

/** Where: a person in the world of an organization. The row of somebody who was erased is gone. */
interface Of {
  organization: OrganizationId;
  world: World;
  subject: SubjectId;
}

export type RecordSealer = Pick<Sealer, 'openMany' | 'transformOf' | 'transforms'>;

/** Reads everything held about one person, page by page. What is sealed is opened; what does not open is told. */
export function createSubjectRecordStore({ db, sealer }: { db: Db; sealer: RecordSealer }) {
  /** Opens one sealed column of some rows: the plain bytes by id. `unreadable` hears of what was changed on disk. */
  async function open(
    { organization, world, subject }: Of,
    values: readonly { id: string; field: string; sealed: Uint8Array | null }[],
    unreadable: (field: string) => void,
  ): Promise<Map<string, Uint8Array>> {
    const present = values.flatMap(({ id, field, sealed }) => {
      const place: SealedPlace = { organization, world, subject, field, version: VERSION };
      return sealed ? [{ id, place, sealed }] : [];
    });
    const opened = await sealer.openMany(present);
    const found = new Map<string, Uint8Array>();
    for (const [i, value] of opened.entries()) {
      const { id, place } = present[i]!;
      if (value.is === 'open') found.set(id, value.plain);
      else unreadable(place.field);
    }
    return found;
  }

  /** Pages of rows in the order of their ids. */
  async function* pages<Row extends { id: string }>(
    next: (after: string) => Promise<Row[]>,
  ): AsyncGenerator<Row[]> {
    for (let after = ''; ; ) {
      const rows = await next(after);
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      after = rows.at(-1)!.id;
    }
  }

  return {
    open,

    person: ({ organization, world, subject }: Of) =>
      db
        .selectFrom('subject')
        .selectAll()
        .where('id', '=', subject)
        .where('organization', '=', organization)
        .where('world', '=', world)
        .executeTakeFirst(),

    templates: ({ subject }: Of) =>
      pages((after) =>
        db
          .selectFrom('template')
          .selectAll()
          .where('subject', '=', subject)
          .where('id', '>', after)
          .orderBy('id')
          .limit(PAGE)
          .execute(),
      ),

    verifications: ({ organization, subject }: Of) =>
      pages((after) =>
        db
          .selectFrom('verification')
          .selectAll()
          .where('subject', '=', subject)
          .where('organization', '=', organization)
          .where('id', '>', after)
          .orderBy('id')
          .limit(PAGE)
          .execute(),
      ),

    holds: ({ subject }: Of) =>
      db.selectFrom('legal_hold').selectAll().where('subject', '=', subject).orderBy('id').execute(),

    events: ({ organization, world, subject }: Of) =>
      pages((after) =>
        db
          .selectFrom('outbox')
          .selectAll()
          .where('organization', '=', organization)
          .where('world', '=', world)
          // Verdicts name the person in their payload only: there is nothing personal to seal in them.
          .where(({ eb, or }) => or([eb('subject', '=', subject), eb('payload', 'like', `%"${subject}"%`)]))
          .where('id', '>', after)
          .orderBy('id')
          .limit(PAGE)
          .execute(),
      ),

    deliveries: ({ organization, subject }: Of) =>
      pages((after) =>
        db
          .selectFrom('webhook_delivery')
          .selectAll()
          .where('subject', '=', subject)
          .where('organization', '=', organization)
          .where('id', '>', after)
          .orderBy('id')
          .limit(PAGE)
          .execute(),
      ),
    /** Of some deliveries, at most a page of these. */
    attempts: (deliveries: readonly string[]) =>
      db
        .selectFrom('webhook_attempt')
        .selectAll()
        .where('delivery', 'in', deliveries)
        .orderBy('delivery')
        .orderBy('number')
        .execute(),
    alerts: ({ organization, world, subject }: Of) =>
      pages((after) =>
        db
          .selectFrom('alert')
          .innerJoin('alert_rule', 'alert_rule.id', 'alert.rule')
          .selectAll('alert')
          .select('alert_rule.name')
          .where('alert.subject', '=', subject)
          .where('alert.organization', '=', organization)
          .where('alert.world', '=', world)
          .where('alert.id', '>', after)
          .orderBy('alert.id')
          .limit(PAGE)
          .execute(),
      ),

    /** Lines about the person, or about one of these verifications of theirs. */
    async *auditLines({ organization, subject }: Of, verifications: readonly string[]) {
      const every = pages((after) =>
        db
          .selectFrom('audit')
          .selectAll()
          // The organization is compared below: named here it makes SQLite walk all of its lines for every page.
          .where(({ eb, or }) =>
            or([eb('subject', '=', subject), eb('target', 'in', [subject, ...verifications])]),
          )
          .where('id', '>', after)
          .orderBy('id')
          .limit(PAGE)
          .execute(),
      );
      for await (const page of every) yield page.filter((line) => line.organization === organization);
    },

    claim: ({ organization, world }: Of, hash: string) =>
      db
        .selectFrom('claim')
        .select(['failures', 'last_failed_at', 'disabled_at'])
        .where('organization', '=', organization)
        .where('world', '=', world)
        .where('claim_hash', '=', hash)
        .executeTakeFirst(),

    erasures: ({ organization, subject }: Of) =>
      db
        .selectFrom('erasure')
        .selectAll()
        .where('organization', '=', organization)
        .where('subject', '=', subject)
        .orderBy('id')
        .execute(),

    /**
     * A vector as the model gave it, little-endian float32, base64; undefined when the secret of its transform is gone.
     */
    vectorText(organization: OrganizationId, plain: Uint8Array, transform: number): string | undefined {
      if (transform !== 0 && !sealer.transforms.generations(organization).includes(transform))
        return undefined;
      // A copy: Buffer.slice shares the memory of other buffers.
      const stored = new Float32Array(Uint8Array.from(plain).buffer);
      const vector = sealer.transformOf(organization, transform).restore(stored);
      return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
    },
  };
}
