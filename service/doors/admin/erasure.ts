import { z } from 'zod';
import { type Erasure, ErasureReceipt, erasureReasons } from '../../engine/people/index.ts';
import { pageOfShort, pageReply, shortListQuery } from '../../http/cursor.ts';
import type { SubjectId } from '../../lib/id.ts';
import { Problem } from '../../lib/problem.ts';
import { idOf, paramsOf, personParams } from './ids.ts';
import { listRoute } from './lists.ts';
import { byManagers, byReaders, ofAppliance } from './may-call.ts';
import { flag } from './request-fields.ts';
import { type AdminRoute, route } from './route.ts';

const EraseRequest = z
  .strictObject({
    confirm: z.string().max(254).optional().describe('The person as in the path, as a confirmation'),
    reason: z.enum(erasureReasons).exclude(['restored', 'mass']).default('request').describe('Why'),
    prove: z.boolean().default(false).describe('Search all files for remaining data of the person'),
  })
  .meta({ id: 'ErasureOrder', examples: [{ confirm: 'ada@example.com' }] });

const EraseManyRequest = z
  .strictObject({
    confirm: z.int().min(0).optional().describe('Number of people now, as a confirmation'),
    after: z.string().max(64).optional().describe('`next` of the previous call'),
    limit: z.int().min(1).max(1000).default(100).describe('Maximum number of people to erase in this call'),
  })
  .meta({ id: 'MassErasureOrder', examples: [{ confirm: 212 }] });

const MassErasureReply = z
  .strictObject({
    erased: z.array(z.string()).describe('Ids of the people erased by this call'),
    held: z.array(z.string()).describe('Ids of people under a legal hold, who are not erased'),
    pending: z
      .array(z.string())
      .describe('Ids of erasures that wait for an unreachable copy of the key store'),
    left: z.int().min(0).describe('People left'),
    next: z.string().optional().describe('Send this as `after` in the next call; absent at the end'),
  })
  .meta({
    id: 'MassErasure',
    description: 'Progress of the erasure of a world.',
    examples: [{ erased: [], held: [], pending: [], left: 0 }],
  });

const ReceiptKeysQuery = z.strictObject(shortListQuery);
const ReceiptKeysReply = pageReply(
  z.strictObject({
    kid: z.string().describe('Id of the key'),
    publicKey: z.string().describe('SPKI, PEM'),
  }),
  'Keys that receipts were ever signed with, the newest last',
  'ReceiptKeys',
);

export interface ErasureRouteDeps {
  erasure: Pick<Erasure, 'erase' | 'eraseMany' | 'receipt' | 'receipts' | 'publicKeys'>;
}

const about = {
  tag: 'erasure',
  keyRefusal: 'No API key may erase people or read receipts of it: on the box run "gatehouse subject erase".',
} as const;

const unconfirmed = (id: string, confirm: string | undefined) =>
  new Problem(
    'CONFIRMATION_REQUIRED',
    confirm === undefined
      ? `No person was erased. Send JSON that confirms it: {"confirm": ${JSON.stringify(id)}}.`
      : 'No person was erased: confirm names another person than the path. Send the same in both.',
  );

/** Erasing people, and the receipts of it. No API key can. */
export const erasureRoutes = ({ erasure }: ErasureRouteDeps): AdminRoute[] => [
  route('POST /subjects/:id/erase', {
    ...about,
    within: 'world',
    operationId: 'eraseSubject',
    effect: 'destroys',
    approval: 'subject.erase',
    summary: 'Erase a person',
    description:
      'Destroys the key of the person in the key store and in every copy of it, then removes the rows. A repeated call by id continues, and returns the current receipt.',
    may: byManagers,
    lasting: 'followed',
    params: personParams,
    body: EraseRequest,
    reply: ErasureReceipt,
    refuses: [
      ...(['SUBJECT_NOT_FOUND', 'CONFIRMATION_REQUIRED', 'APPROVAL_REQUIRED'] as const),
      ...(['LEGAL_HOLD', 'STORAGE_FULL'] as const),
    ],
    handle({ realm, params: { id }, body: { confirm, ...order }, who, request }) {
      if (confirm?.toLowerCase() !== id.toLowerCase()) throw unconfirmed(id, confirm);
      return erasure.erase(realm, id, { ...order, actor: who, request });
    },
  }),
  route('POST /subjects/erase', {
    ...about,
    within: 'world',
    operationId: 'eraseSubjects',
    effect: 'destroys',
    approval: 'subjects.erase',
    summary: 'Erase all people of a world',
    description: 'Page by page: call it again with `next` as `after`, and with `left` as `confirm`.',
    may: { operator: true, administrator: ['owner'], key: false },
    lasting: 'followed',
    body: EraseManyRequest,
    reply: MassErasureReply,
    refuses: ['CONFIRMATION_REQUIRED', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
    handle: ({ realm, body: { after, ...order }, who, request }) =>
      erasure.eraseMany(realm, { ...order, after: after as SubjectId | undefined, actor: who, request }),
  }),
  listRoute({
    ...about,
    within: 'organization',
    url: '/erasures',
    operationId: 'listErasures',
    effect: 'none',
    summary: 'List receipts of erasures',
    description: 'Receipts of both worlds. An interrupted erasure has no receipt until it continues.',
    may: byReaders,
    item: ErasureReceipt,
    items: 'Receipts, the newest first',
    page: 'ErasureReceiptPage',
    filter: {
      pending: flag().optional().describe('`true`: only pending receipts'),
      reference: z
        .string()
        .trim()
        .regex(
          /^((ers|sub)_[0-9a-z]{26}|[0-9a-z]{6})$/i,
          'It must be the id of an erasure or a person, or its last six characters.',
        )
        .optional()
        .describe('Only the receipt of this erasure or person: the id, or its last six characters'),
    },
    key: idOf('erasure'),
    keyOf: ({ erasure: id }) => id,
    rows: ({ organization }, part) => erasure.receipts(organization, part),
  }),
  route('GET /erasures/keys', {
    ...about,
    within: 'appliance',
    operationId: 'listReceiptKeys',
    effect: 'none',
    summary: 'Show the public keys of receipts',
    description: 'Used to verify receipts.',
    may: byReaders,
    query: ReceiptKeysQuery,
    reply: ReceiptKeysReply,
    handle: ({ query }) => pageOfShort(erasure.publicKeys(), query, ({ kid }) => kid),
  }),
  route('GET /erasures/:id', {
    ...about,
    within: 'appliance',
    operationId: 'getErasure',
    effect: 'none',
    summary: 'Show a receipt',
    description: 'A receipt of any organization of the box.',
    may: ofAppliance,
    params: paramsOf('erasure'),
    reply: ErasureReceipt,
    refuses: ['NOT_FOUND'],
    handle: ({ params: { id } }) => erasure.receipt(id),
  }),
];
