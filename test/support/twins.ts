import type { Gatehouse } from '../../service/compose/compose.ts';
import type { Realm } from '../../service/engine/people/index.ts';
import { portrait } from '../cli/portraits.ts';
import { by } from './audited.ts';

/** Enrolls one face under two addresses; the id of the review that follows. */
export async function enrollTwins(
  { organizations, checks, reviews }: Pick<Gatehouse, 'organizations' | 'checks' | 'reviews'>,
  realm: Realm,
): Promise<string> {
  await organizations.set(realm.organization, { uniquenessPolicy: 'warn' }, by.actor);
  for (const email of ['twin.a@example.com', 'twin.b@example.com'])
    await checks.enroll({ ...realm, email, picture: await portrait('ada'), actor: by.actor });
  const [item] = (await reviews.page(realm, { limit: 1 })).items;
  if (!item) throw new Error('The second enrollment opened no review.');
  return item.id;
}
