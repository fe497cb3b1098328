import type { Erasure } from '../../../engine/erasure/index.ts';
import { pageOfShort, toPage } from '../../../http/cursor.ts';
import { defined } from '../../../lib/defined.ts';
import type { ErasureId, SubjectId } from '../../../lib/id.ts';
import { Problem } from '../../../lib/problem.ts';
import { paramsOf, personParams } from '../ids.ts';
import { managers, ofAppliance, readers } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import {
  EraseManyOrder,
  EraseOrder,
  MassErasureReply,
  ReceiptKeysQuery,
  ReceiptKeysReply,
  ReceiptPage,
  ReceiptQuery,
  ReceiptReply,
} from './wire.ts';

export interface ErasureRouteDeps {
  erasure: Pick<Erasure, 'erase' | 'eraseMany' | 'receipt' | 'receipts' | 'publicKeys'>;
}

const about = {
  tag: 'erasure',
  keyRefusal: 'No API key may erase people or read receipts of it: on the box run "gatehouse subject erase".',
} as const;

/** Erasing people, and the receipts of it. No API key can. */
export const erasureRoutes = (deps: ErasureRouteDeps): AdminRoute[] => [
  ...erasingRoutes(deps),
  ...receiptRoutes(deps),
];

const erasingRoutes = ({ erasure }: ErasureRouteDeps): AdminRoute[] => [
  route({
    ...about,
    within: 'world',
    method: 'POST',
    url: '/subjects/:id/erase',
    operationId: 'eraseSubject',
    effect: 'destroys',
    approval: 'subject.erase',
    summary: 'Erase a person',
    description:
      'Destroys the key of the person in the key store and in every copy of it, then removes the rows. A repeated call by id continues, and returns the current receipt.',
    may: { operator: true, administrator: managers, key: false },
    lasting: 'followed',
    params: personParams,
    body: EraseOrder,
    reply: ReceiptReply,
    refuses: [
      ...(['SUBJECT_NOT_FOUND', 'CONFIRMATION_REQUIRED', 'APPROVAL_REQUIRED'] as const),
      ...(['LEGAL_HOLD', 'STORAGE_FULL'] as const),
    ],
    handle({ realm, params: { id }, body: { confirm, ...order }, who, request }) {
      if (confirm?.toLowerCase() !== id.toLowerCase()) throw unconfirmed(id, confirm);
      return erasure.erase(realm, id, { ...order, actor: who, request });
    },
  }),
  route({
    ...about,
    within: 'world',
    method: 'POST',
    url: '/subjects/erase',
    operationId: 'eraseSubjects',
    effect: 'destroys',
    approval: 'subjects.erase',
    summary: 'Erase all people of a world',
    description: 'Page by page: call it again with `next` as `after`, and with `left` as `confirm`.',
    may: { operator: true, administrator: ['owner'], key: false },
    lasting: 'followed',
    body: EraseManyOrder,
    reply: MassErasureReply,
    refuses: ['CONFIRMATION_REQUIRED', 'APPROVAL_REQUIRED', 'STORAGE_FULL'],
    handle: ({ realm, body: { after, ...order }, who, request }) =>
      erasure.eraseMany(
        realm,
        defined({ ...order, after: after as SubjectId | undefined, actor: who, request }),
      ),
  }),
];

const receiptRoutes = ({ erasure }: ErasureRouteDeps): AdminRoute[] => [
  route({
    ...about,
    within: 'organization',
    method: 'GET',
    url: '/erasures',
    operationId: 'listErasures',
    effect: 'none',
    summary: 'List receipts of erasures',
    description: 'Receipts of both worlds. An interrupted erasure has no receipt until it continues.',
    may: { operator: true, administrator: readers, key: false },
    query: ReceiptQuery,
    reply: ReceiptPage,
    async handle({ organization, query: { limit, cursor, pending } }) {
      const before = cursor as ErasureId | undefined;
      const found = await erasure.receipts(organization, defined({ pending, before, limit: limit + 1 }));
      return toPage(found, limit, ({ erasure: id }) => id);
    },
  }),
  route({
    ...about,
    within: 'appliance',
    method: 'GET',
    url: '/erasures/keys',
    operationId: 'listReceiptKeys',
    effect: 'none',
    summary: 'Show the public keys of receipts',
    description: 'Used to verify receipts.',
    may: { operator: true, administrator: readers, key: false },
    query: ReceiptKeysQuery,
    reply: ReceiptKeysReply,
    handle: ({ query }) => pageOfShort(erasure.publicKeys(), query, ({ kid }) => kid),
  }),
  route({
    ...about,
    within: 'appliance',
    method: 'GET',
    url: '/erasures/:id',
    operationId: 'getErasure',
    effect: 'none',
    summary: 'Show a receipt',
    description: 'A receipt of any organization of the box.',
    may: ofAppliance,
    params: paramsOf('erasure'),
    reply: ReceiptReply,
    refuses: ['NOT_FOUND'],
    handle: ({ params: { id } }) => erasure.receipt(id as ErasureId),
  }),
];

const unconfirmed = (id: string, confirm: string | undefined) =>
  new Problem(
    'CONFIRMATION_REQUIRED',
    confirm === undefined
      ? `No person was erased. Send JSON that confirms it: {"confirm": ${JSON.stringify(id)}}.`
      : 'No person was erased: confirm names another person than the path. Send the same in both.',
  );
