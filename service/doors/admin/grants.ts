import { z } from 'zod';
import { describeGrant, type Grant, type Grants } from '../../engine/events/index.ts';
import { actor, time } from '../../lib/record-fields.ts';
import { lineOfText } from '../../lib/text-fields.ts';
import { idOf, paramsOf } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, readers } from './may-call.ts';
import { flag } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

/** The engine says how a destination is written. */
const NewGrant = z
  .strictObject({
    to: z
      .string()
      .min(1)
      .max(300)
      .describe(
        'The destination: host, `*.host` for any below, address or network, each with `:port` if it is not the default, or `public-https`',
      ),
    note: lineOfText(300).optional().describe('Note for people'),
  })
  .meta({ id: 'NewGrant', examples: [{ to: 'hooks.example.org', note: 'order system' }] });

const GrantRecord = z
  .object({
    id: z.string().describe('Id'),
    to: z
      .string()
      .describe(
        'The granted destination: host, `*.host` for any below, network, each with `:port` if it is not the default, or `public-https` for any public address at https',
      ),
    kind: z.enum(['name', 'cidr', 'preset']).describe('Kind of the destination'),
    reach: z
      .literal('public')
      .optional()
      .describe('Public addresses only, whatever the destination resolves to; absent: every address of it'),
    note: z.string().describe('Note for people'),
    createdAt: time('Time of the grant'),
    createdBy: actor,
    revoked: z
      .strictObject({ at: time('When'), by: actor })
      .optional()
      .describe('The revocation; absent while the grant is in force'),
  })
  .meta({
    id: 'Grant',
    description: 'A granted destination.',
    examples: [
      {
        id: 'grt_01m7w3p2d8k6x4v0q9r1t7c5yz',
        to: 'hooks.example.org',
        kind: 'name',
        reach: 'public',
        note: 'order system',
        createdAt: '2026-11-20T11:58:00.000Z',
        createdBy: 'administrator:adm_01m7w3hb8hbf355he5zqwjztdk',
      },
    ],
  });

const shown = ({ to, reach, ...grant }: Grant) => ({
  ...grant,
  to: describeGrant({ ...grant, to, reach }),
  kind: to.is,
  reach: reach === 'public' ? reach : undefined,
});

export interface GrantRouteDeps {
  grants: Pick<Grants, 'page' | 'add' | 'revoke'>;
}

const about = { tag: 'grants', within: 'organization' } as const;

/** Grants. A key can read them, but neither add nor revoke one. */
export const grantRoutes = ({ grants }: GrantRouteDeps): AdminRoute[] => [
  listRoute({
    ...about,
    url: '/grants',
    operationId: 'listGrants',
    effect: 'none',
    summary: 'List grants',
    description:
      'Destinations that the organization may send to, and who granted them, for both worlds. Nothing is sent to other destinations.',
    may: { operator: true, administrator: readers, key: 'admin' },
    item: GrantRecord,
    items: 'Grants, also revoked ones unless filtered, the newest first',
    page: 'GrantPage',
    filter: {
      revoked: flag().optional().describe('`false`: only grants in force; `true`: only revoked grants'),
    },
    key: idOf('grant'),
    rows: async ({ organization }, part) => (await grants.page(organization, part)).map(shown),
  }),
  route('POST /grants', {
    ...about,
    operationId: 'addGrant',
    effect: 'opens-the-box',
    summary: 'Grant a destination',
    description:
      'The organization may send there from now on. Some destinations are always refused, such as link-local addresses and the ports of this box. Addresses, networks and names that resolve to addresses that are not public are granted by an appliance owner or the operator of the box; another administrator grants names of the public internet, and `public-https`.',
    may: byManagers,
    keyRefusal:
      'No API key may grant a destination: that is an administrator\'s. On the box run "gatehouse grant add <destination>".',
    body: NewGrant,
    status: 201,
    reply: GrantRecord,
    refuses: ['CONFLICT', 'DESTINATION_FORBIDDEN', 'STORAGE_FULL'],
    handle: async ({ organization, who, forBox, body: { to, note = '' } }) =>
      shown(await grants.add(organization, to, note, who, forBox ? 'any' : 'public')),
  }),
  route('DELETE /grants/:id', {
    ...about,
    operationId: 'revokeGrant',
    effect: 'weakens-protection',
    approval: 'none',
    summary: 'Revoke a grant',
    description:
      'Nothing is sent there from the next attempt on, unless another grant covers it; that may be alerts, so the administrators get one. The grant stays in the list, with the account that revoked it.',
    may: byManagers,
    keyRefusal:
      'No API key may revoke a grant: that is an administrator\'s. On the box run "gatehouse grant revoke <id> --confirm <destination>".',
    params: paramsOf('grant'),
    reply: GrantRecord,
    refuses: ['NOT_FOUND', 'STORAGE_FULL'],
    handle: async ({ organization, who, params: { id } }) =>
      shown(await grants.revoke(organization, id, who)),
  }),
];
