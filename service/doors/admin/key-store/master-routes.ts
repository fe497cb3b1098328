import type { KeyCustody } from '../../../engine/keys/index.ts';
import { pageOfShort } from '../../../http/cursor.ts';
import { ofAppliance } from '../may-call.ts';
import { type AdminRoute, route } from '../route.ts';
import { fromSigningKey } from './translate.ts';
import {
  ChangedPassphrase,
  MasterReply,
  NewFile,
  NewPassphrase,
  ReplacementReply,
  ShortQuery,
  SigningKeysReply,
  SigningParams,
  SigningQuery,
  WithPassphrase,
} from './wire.ts';

export interface MasterRouteDeps {
  custody: Pick<
    KeyCustody,
    | 'master'
    | 'rotateMaster'
    | 'setPassphrase'
    | 'changePassphrase'
    | 'useFile'
    | 'signingKeys'
    | 'rotateSigning'
  >;
}

const about = {
  tag: 'key-store',
  within: 'appliance',
  may: ofAppliance,
} as const;
const refuses = ['WRONG_PASSPHRASE', 'CONFLICT', 'STORAGE_FULL'] as const;

/** The master key and the signing keys. */
export const keyRoutesOfAppliance = (deps: MasterRouteDeps): AdminRoute[] => [
  ...masterRoutes(deps),
  ...signingRoutes(deps),
];

const masterRoutes = ({ custody }: MasterRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/master-key',
    operationId: 'getMasterKey',
    effect: 'none',
    summary: 'Show how the master key is kept',
    description: 'Its id and location, never the key itself.',
    reply: MasterReply,
    handle: () => custody.master(),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/master-key/rotate',
    operationId: 'rotateMasterKey',
    effect: 'none',
    summary: 'Replace the master key',
    description: 'The new key is stored in the same way. Requests are served meanwhile.',
    body: WithPassphrase,
    reply: ReplacementReply,
    refuses,
    handle: ({ body: { passphrase }, who }) => custody.rotateMaster(passphrase, who),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/master-key/passphrase',
    operationId: 'setPassphrase',
    effect: 'none',
    summary: 'Protect the master key with a passphrase',
    description:
      'Replaces the key file by a new master key behind a passphrase. The service starts sealed from then on.',
    body: NewPassphrase,
    reply: ReplacementReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ body: { passphrase }, who }) => custody.setPassphrase(passphrase, who),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/master-key/passphrase/change',
    operationId: 'changePassphrase',
    effect: 'none',
    summary: 'Change the passphrase of the master key',
    description: 'The master key stays the same.',
    body: ChangedPassphrase,
    reply: MasterReply,
    refuses,
    handle: ({ body: { current, passphrase }, who }) => custody.changePassphrase(current, passphrase, who),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/master-key/file',
    operationId: 'useMasterKeyFile',
    effect: 'weakens-protection',
    summary: 'Keep a new master key in a file',
    description: 'Replaces a passphrase or another file. The service starts unsealed from then on.',
    body: NewFile,
    reply: ReplacementReply,
    refuses,
    handle: ({ body: { path, passphrase }, who }) => custody.useFile(path, passphrase, who),
  }),
];

const signingRoutes = ({ custody }: MasterRouteDeps): AdminRoute[] => [
  route({
    ...about,
    method: 'GET',
    url: '/signing-keys',
    operationId: 'listSigningKeys',
    effect: 'none',
    summary: 'List the signing keys',
    description: 'Public keys only.',
    query: ShortQuery,
    reply: SigningKeysReply,
    handle: ({ query }) => pageOfShort(custody.signingKeys().map(fromSigningKey), query, ({ kid }) => kid),
  }),
  route({
    ...about,
    method: 'POST',
    url: '/signing-keys/:purpose/rotate',
    operationId: 'rotateSigningKey',
    effect: 'none',
    summary: 'Rotate a signing key',
    description:
      'Earlier signatures stay verifiable, except access tokens of administrators, which end at once. Tokens of persons (`tokens`) run out within an hour, or end with `atOnce`.',
    params: SigningParams,
    query: SigningQuery,
    reply: ReplacementReply,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ params: { purpose }, query: { atOnce }, who }) =>
      custody.rotateSigning(purpose, who, { atOnce: atOnce === 'true' }),
  }),
];
