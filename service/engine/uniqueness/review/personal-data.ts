import { defined } from '../../../lib/defined.ts';
import { time } from '../../../lib/time.ts';
import { countRows, moveAddress } from '../../../storage/rows.ts';
import type { Db } from '../../../storage/transaction.ts';
import type {
  ExportOptions,
  Moment,
  Person,
  PersonalData,
  SealedValue,
  Searched,
} from '../../audit/index.ts';
import { idsAbout, idsOfAddress, itemsOf, oldItems, picturesOf, removeItems } from './person-items-store.ts';
import { decodeEnrollment } from './review-item.ts';
import { enrollmentContext, likenessOf, pictureContext } from './review-store.ts';

/** The middle of the file: its head and its end are those of every JPEG. */
const portrait: Searched = {
  kind: 'portrait',
  forms: (plain) => [plain.subarray(Math.floor(plain.length / 3), Math.floor((2 * plain.length) / 3))],
};
const waiting: Searched = {
  kind: 'template',
  forms: (plain) =>
    Object.values(decodeEnrollment(plain).embeddings).map((vector) => new Uint8Array(vector.slice().buffer)),
};

/** Faces that are compared by a person, with pictures for as long as that takes. */
export const createReviewData = ({ db }: { db: Db }): PersonalData => ({
  tables: {
    review_item: {
      columns: ['subject', 'other', 'email_hash', 'order_sealed'],
      record: { in: 'reviews' },
    },
    review_picture: { columns: ['subject', 'picture_sealed'], record: { in: 'reviews' } },
  },
  async momentsOf({ subject, ...realm }) {
    if (subject === undefined) return [];
    return (await itemsOf(db, { ...realm, subject })).flatMap(
      ({ id, created_at, decision, decided_at, decided_by }): Moment[] => [
        { at: created_at, kind: 'review', says: 'arrived', object: id },
        ...(decision === null || decided_at === null
          ? []
          : [
              {
                at: decided_at,
                kind: 'review' as const,
                says: decision,
                object: id,
                ...defined({ by: decided_by ?? undefined }),
              },
            ]),
      ],
    );
  },
  forget: async (tx, subjects) => removeItems(tx, await idsAbout(tx, subjects)),
  address: {
    forget: async (tx, realm, emailHash) => removeItems(tx, await idsOfAddress(tx, realm, emailHash)),
    move: moveAddress('review_item', 'email_hash'),
  },
  async sealedValues(person) {
    const values: SealedValue[] = [];
    for (const row of await picturesOf(db, person))
      values.push({ context: pictureContext(row), sealed: row.picture_sealed, searched: portrait });
    for (const { order_sealed: sealed, ...row } of await itemsOf(db, person))
      if (sealed && row.subject === person.subject)
        values.push({ context: enrollmentContext(row), sealed, searched: waiting });
    return values;
  },
  expires: [
    {
      counted: 'reviews',
      term: 'verificationDays',
      async expire(tx, realm, before, limit) {
        const rows = await oldItems(tx, realm, before).select('old.id').limit(limit).execute();
        await removeItems(
          tx,
          rows.map(({ id }) => id),
        );
        return rows.length;
      },
      count: (realm, before) => countRows(oldItems(db, realm, before)),
    },
  ],
  exportOf: async (person, order) => ({ reviews: await exportItems(db, person, order) }),
  auditTargets: async (person) => (await itemsOf(db, person)).map(({ id }) => id),
});

async function exportItems(db: Db, person: Person, { open }: ExportOptions) {
  const pictures = await picturesOf(db, person);
  const opened = await open(
    pictures.map((row) => ({ context: pictureContext(row), sealed: row.picture_sealed })),
  );
  return (await itemsOf(db, person)).map((row) => {
    // A picture that was sent and waits may show another person: it is that person's data.
    const side = row.other === person.subject ? 'new' : 'known';
    const own = opened[pictures.findIndex((one) => one.item === row.id && one.side === side)];
    const { knownPicture: _, ...figures } = likenessOf(row);
    return {
      id: row.id,
      at: time(row.created_at),
      role: row.subject === person.subject ? 'known' : 'new',
      policy: row.policy,
      state: row.state,
      decision: row.decision ?? undefined,
      decidedAt: time(row.decided_at),
      decidedBy: row.decided_by ?? undefined,
      ...figures,
      picture: own && Buffer.from(own).toString('base64'),
    };
  });
}
