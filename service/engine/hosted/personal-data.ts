import { time } from '../../lib/time.ts';
import type { Db } from '../../storage/transaction.ts';
import { countRows, type PersonalData } from '../personal-data/index.ts';
import { linksOfAddress, oldLinks, removeAddress, removeLinks } from './person-links-store.ts';

/** Links that name the address of a person; their pages are sealed under the organization's own key, because no person may have it. */
export const createHostedData = ({ db }: { db: Db }): PersonalData => ({
  tables: { hosted_link: { columns: ['email_hash', 'page_sealed'], record: { in: 'hostedLinks' } } },
  forgetAddress: removeAddress,
  expires: [
    {
      counted: 'hostedLinks',
      term: 'verificationDays',
      async expire(tx, realm, before, limit) {
        const rows = await oldLinks(tx, realm, before).select('old.id').limit(limit).execute();
        await removeLinks(
          tx,
          rows.map(({ id }) => id),
        );
        return rows.length;
      },
      count: (realm, before) => countRows(oldLinks(db, realm, before)),
    },
  ],
  async exportOf(person, { emailHash }) {
    const links = emailHash === undefined ? [] : await linksOfAddress(db, person, emailHash);
    return {
      hostedLinks: links.map((link) => ({
        id: link.id,
        product: link.product,
        createdAt: time(link.created_at),
        createdBy: link.created_by,
        expiresAt: time(link.expires_at),
        status: link.status,
        completedAt: time(link.completed_at),
      })),
    };
  },
});
