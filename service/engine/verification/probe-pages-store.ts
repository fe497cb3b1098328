import type { OrganizationId, SubjectId, World } from '../../lib/id.ts';
import type { SealContext, Sealer } from '../../storage/sealing/sealed.ts';
import { slices } from '../../storage/slices/slices.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import { encodeProbe, probeField, readProbe } from './verification-store.ts';

export interface ProbePagesDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: Pick<Sealer, 'openMany' | 'seal' | 'transformOf' | 'transforms'>;
}

const VERSION = 1;
/** Rows that are counted before others have a turn. */
const COUNTED = 10_000;

/** The kept probes of an organization's verifications, put under another rotation a page at a time. */
export function createProbePages({ db, inTransaction, sealer }: ProbePagesDeps) {
  const kept = (organization: OrganizationId) =>
    db
      .selectFrom('verification')
      .where('organization', '=', organization)
      .where('subject', 'is not', null)
      .where('probe_sealed', 'is not', null);

  /**
   * Looks at the next `limit` after the row `after` and rotates anew those that are not under `generation`. Undefined when there are
   * no more. What does not open is left as it is and counted.
   */
  async function renewPage(organization: OrganizationId, generation: number, after: string, limit: number) {
    const rows = await kept(organization)
      .select(['id', 'world', 'subject', 'probe_sealed'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(limit)
      .execute();
    const last = rows.at(-1);
    if (!last) return undefined;
    const contexts = rows.map(
      ({ id, world, subject }): SealContext => ({
        organization,
        world: world as World,
        subject: subject as SubjectId,
        field: probeField(id),
        version: VERSION,
      }),
    );
    const known = new Set([0, ...sealer.transforms.generations(organization)]);
    const opened = await sealer.openMany(
      rows.map((row, i) => ({ context: contexts[i]!, sealed: row.probe_sealed! })),
    );
    const newest = sealer.transformOf(organization, generation);
    const renewed: { id: string; sealed: Uint8Array }[] = [];
    let left = 0;
    for (const [i, value] of opened.entries()) {
      const probe = value.is === 'open' ? readProbe(value.plain) : undefined;
      if (!probe || !known.has(probe.transform)) left += 1;
      else if (probe.transform < generation) {
        const { transform, vector, ...rest } = probe;
        const plain = sealer.transformOf(organization, transform).restore(vector);
        const sealed = await sealer.seal(contexts[i]!, encodeProbe({ ...rest, vector: plain }, newest));
        renewed.push({ id: rows[i]!.id, sealed });
      }
    }
    await inTransaction(async (tx) => {
      for (const { id, sealed } of renewed) {
        await tx
          .updateTable('verification')
          .set({ probe_sealed: sealed })
          .where('id', '=', id)
          .where('probe_sealed', 'is not', null)
          .execute();
      }
    });
    return { last: last.id, done: rows.length - left, left };
  }

  return {
    /** How many there are: which rotation one is under is sealed with it. */
    async count(organization: OrganizationId): Promise<number> {
      let counted = 0;
      const endAfter = async (after: string) =>
        (
          await kept(organization)
            .select('id')
            .where('id', '>', after)
            .orderBy('id')
            .limit(1)
            .offset(COUNTED)
            .executeTakeFirst()
        )?.id;
      for await (const { after, through } of slices(endAfter)) {
        const { n } = await kept(organization)
          .where('id', '>', after)
          .$if(through !== undefined, (all) => all.where('id', '<=', through!))
          .select((eb) => eb.fn.countAll<number>().as('n'))
          .executeTakeFirstOrThrow();
        counted += Number(n);
      }
      return counted;
    },
    begin: (organization: OrganizationId, generation: number, limit: number) => ({
      renew: (after: string) => renewPage(organization, generation, after, limit),
      end: async () => {},
    }),
  };
}
