import { z } from 'zod';
import { ListedNode, type NodeKeys, type NodeList } from '../../engine/appliance/index.ts';
import { time } from '../../lib/record-fields.ts';
import { shortListRoute } from './lists.ts';
import { ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const TokenRequest = z
  .strictObject({
    passphrase: z
      .string()
      .min(1)
      .max(2048)
      .optional()
      .describe('Passphrase of the master key; required if one protects it'),
  })
  .meta({ id: 'NodeTokenOrder', examples: [{}] });

const TokenReply = z
  .strictObject({
    token: z.string().describe('Shown this once'),
    expiresAt: time('Time when it ends, used or not'),
  })
  .meta({
    id: 'NodeToken',
    description: 'A one-time token with which a machine joins the nodes of this record.',
    examples: [
      {
        token:
          'ghnode.b3BlbnNlc2Ft.c2VjcmV0IG9mIHRoZSB0b2tlbiwgMzIgYnl0ZXMgbG9.0123456789abcdef.apl_01m7w3hb8hbf355he5zqwjztdk',
        expiresAt: '2026-11-20T12:15:00.000Z',
      },
    ],
  });

const NodeParams = z.strictObject({ id: z.string().min(1).max(100).describe('Id of the node') });

export interface NodeRouteDeps {
  nodeKeys: Pick<NodeKeys, 'createToken'>;
  nodeList: Pick<NodeList, 'list' | 'remove' | 'drain' | 'undrain'>;
}

const about = { tag: 'key-store', within: 'appliance', may: ofAppliance } as const;

/** The nodes that share this record, and who of them has the master key. */
export const nodeRoutes = ({ nodeKeys, nodeList }: NodeRouteDeps): AdminRoute[] => [
  shortListRoute({
    ...about,
    url: '/nodes',
    operationId: 'listNodes',
    effect: 'none',
    summary: 'List the nodes',
    description:
      'Services that share the record, with the leases that each holds; those that are gone and did not leave; and those that joined with a token and do not run. One entry where a service has the record for itself.',
    item: ListedNode,
    items: 'Nodes that run, the first that joined first, then the others',
    page: 'Nodes',
    keyOf: ({ id = '' }) => id,
    rows: () => nodeList.list(),
  }),
  route('POST /nodes/tokens', {
    ...about,
    operationId: 'createNodeToken',
    effect: 'opens-the-box',
    summary: 'Make a token for a node that joins',
    description:
      'The machine that joins with it gets the master key for its own key. Needs a key store on PostgreSQL.',
    body: TokenRequest,
    status: 201,
    shownOnce: true,
    reply: TokenReply,
    refuses: ['WRONG_PASSPHRASE', 'CONFLICT'],
    handle: ({ body: { passphrase }, who }) => nodeKeys.createToken(passphrase, who),
  }),
  route('DELETE /nodes/:id', {
    ...about,
    operationId: 'removeNode',
    effect: 'weakens-protection',
    summary: 'Remove a node',
    description:
      'One that joined with a token loses its wrapped master key: it opens nothing after its next stop, and writes nothing from now on. Of another one, which is gone and did not leave, the silence ends: it needs attention no more.',
    params: NodeParams,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handle: ({ params: { id }, who }) => nodeList.remove(id, who),
  }),
  route('POST /nodes/:id/drain', {
    ...about,
    operationId: 'drainNode',
    effect: 'none',
    summary: 'Drain a node',
    description:
      'Within a second its `/ready` answers 503, and it begins nothing that another node can do. What it has begun ends, and requests are answered. It lasts until `DELETE`, or its next start.',
    params: NodeParams,
    refuses: ['NOT_FOUND', 'CONFLICT'],
    handle: ({ params: { id }, who }) => nodeList.drain(id, who),
  }),
  route('DELETE /nodes/:id/drain', {
    ...about,
    operationId: 'undrainNode',
    effect: 'none',
    summary: 'Let a drained node work again',
    description: 'Its `/ready` answers 200 within a second.',
    params: NodeParams,
    refuses: ['NOT_FOUND'],
    handle: ({ params: { id }, who }) => nodeList.undrain(id, who),
  }),
];
