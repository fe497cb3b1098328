import type { Grants } from '../../../engine/destinations/index.ts';
import { toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import { paramsOf } from '../ids.ts';
import { managers, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromGrant } from './translate.ts';
import { GrantPage, GrantQuery, GrantReply, NewGrant } from './wire.ts';

export interface GrantRouteDeps {
  grants: Pick<Grants, 'page' | 'add' | 'revoke'>;
}

const about = { tag: 'grants', within: 'organization' } as const;
const changing = { operator: true, administrator: managers, key: false } as const;

/** Grants. A key can read them, but neither add nor revoke one. */
export const grantRoutes = ({ grants }: GrantRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/grants',
    operationId: 'listGrants',
    effect: 'none',
    summary: 'List grants',
    description:
      'Destinations that the organization may send to, and who granted them, for both worlds. Nothing is sent to other destinations.',
    may: { operator: true, administrator: readers, key: 'admin' },
    query: GrantQuery,
    reply: GrantPage,
    async handle({ organization, query: { limit, cursor, revoked } }) {
      const found = await grants.page(organization, {
        ...defined({ revoked, before: cursor }),
        limit: limit + 1,
      });
      return toPage(found.map(fromGrant), limit, ({ id }) => id);
    },
  }),
  route({
    ...about,
    method: 'POST',
    url: '/grants',
    operationId: 'addGrant',
    effect: 'opens-the-box',
    summary: 'Grant a destination',
    description:
      'The organization may send there from now on. Some destinations are always refused, such as link-local addresses and the ports of this box. Addresses, networks and names that resolve to addresses that are not public are granted by an appliance owner or the operator of the box; another administrator grants names of the public internet, and `public-https`.',
    may: changing,
    keyRefusal:
      'No API key may grant a destination: that is an administrator\'s. On the box run "gatehouse grant add <destination>".',
    body: NewGrant,
    status: 201,
    reply: GrantReply,
    refuses: ['CONFLICT', 'DESTINATION_FORBIDDEN', 'STORAGE_FULL'],
    handle: async ({ organization, who, forBox, body: { to, note = '' } }) =>
      fromGrant(await grants.add(organization, to, note, who, forBox ? 'any' : 'public')),
  }),
  route({
    ...about,
    method: 'DELETE',
    url: '/grants/:id',
    operationId: 'revokeGrant',
    effect: 'none',
    summary: 'Revoke a grant',
    description:
      'Nothing is sent there from the next attempt on, unless another grant covers it. The grant stays in the list, with the account that revoked it.',
    may: changing,
    keyRefusal:
      'No API key may revoke a grant: that is an administrator\'s. On the box run "gatehouse grant revoke <id> --confirm <destination>".',
    params: paramsOf('grant'),
    reply: GrantReply,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, who, params: { id } }) =>
      fromGrant(await grants.revoke(organization, id, who)),
  }),
];
