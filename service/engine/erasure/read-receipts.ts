import type { ErasureId, OrganizationId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import type { ErasureStore } from './erasure-store.ts';
import type { Signing } from './ledger.ts';
import type { ErasureReceipt } from './receipt.ts';

export interface ReadReceipts {
  /** Throws NOT_FOUND. */
  receipt(id: ErasureId): Promise<ErasureReceipt>;
  /** Newest first; `pending`: only waiting ones. An interrupted erasure has no receipt yet. */
  receipts(
    organization: OrganizationId,
    options: { pending?: boolean; limit: number; before?: ErasureId },
  ): Promise<ErasureReceipt[]>;
  /** All keys that ever signed receipts, the newest last. */
  publicKeys(): { kid: string; publicKey: string }[];
}

export const createReadReceipts = ({
  store,
  signing,
}: {
  store: Pick<ErasureStore, 'get' | 'page'>;
  signing: Pick<Signing, 'publicKeys'>;
}): ReadReceipts => ({
  async receipt(id) {
    const row = await store.get(id);
    if (row?.receipt) return JSON.parse(row.receipt) as ErasureReceipt;
    throw new Problem(
      'NOT_FOUND',
      row
        ? `The erasure ${id} is ${row.state === 'intended' ? 'begun' : 'under way'} and has no receipt yet: it continues within a minute.`
        : `No erasure has the id ${id}: “gatehouse receipt list” shows all.`,
    );
  },
  async receipts(organization, { pending = false, ...page }) {
    const rows = await store.page(organization, { pending, ...page });
    return rows.flatMap(({ receipt }) => (receipt === null ? [] : [JSON.parse(receipt) as ErasureReceipt]));
  },
  publicKeys: () =>
    signing
      .publicKeys()
      .filter(({ purpose }) => purpose === 'receipts')
      .map(({ kid, publicKey }) => ({ kid, publicKey })),
});
