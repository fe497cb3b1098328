import { z } from 'zod';
import { KeyCopyFolder, type KeyCopyFolders, type KeyCustody } from '../../engine/appliance/index.ts';
import { pageReply } from '../../http/cursor.ts';
import { defined } from '../../lib/defined.ts';
import { time } from '../../lib/record-fields.ts';
import { shortListRoute } from './lists.ts';
import { ofAppliance } from './may-call.ts';
import { type AdminRoute, route } from './route.ts';

const folder = z.string().min(1).max(4096).describe('Absolute path of the folder');
const passphrase = z.string().min(1).max(2048).describe('The passphrase of the master key');

const NewCopyFolder = z.strictObject({ folder }).meta({
  id: 'NewKeyPlace',
  examples: [{ folder: '/media/stick' }],
});

const OldCopyFolder = z
  .strictObject({ folder, wipe: z.boolean().describe('Overwrite and delete the copy too') })
  .meta({ id: 'KeyPlaceRemoval', examples: [{ folder: '/media/stick', wipe: true }] });

const DestroyedCopy = z
  .strictObject({
    folder,
    copy: z.string().min(1).max(100).optional().describe('Id of the copy, if the folder had several'),
    confirm: z.string().max(4096).optional().describe('The folder again, as a confirmation'),
  })
  .meta({ id: 'DestroyedKeyPlace', examples: [{ folder: '/media/stick', confirm: '/media/stick' }] });

const CopyFoldersReply = pageReply(KeyCopyFolder, 'Places', 'KeyPlaces');

const AttestedReply = KeyCopyFolder.pick({ place: true, copy: true })
  .strict()
  .meta({
    id: 'AttestedKeyPlace',
    description: 'The copy that is attested as destroyed.',
    examples: [{ place: '/media/stick', copy: 'kcp_01m7w3hb8hbf355he5zqwjztdk' }],
  });

const WithPassphrase = z
  .strictObject({
    passphrase: passphrase.optional().describe('Required if a passphrase protects the master key'),
  })
  .meta({ id: 'MasterKeyOrder', examples: [{}] });

const NewPassphrase = z
  .strictObject({ passphrase: passphrase.describe('At least 12 characters') })
  .meta({ id: 'NewPassphrase', examples: [{ passphrase: 'correct horse battery staple' }] });

const ChangedPassphrase = NewPassphrase.extend({
  current: passphrase.describe('The current passphrase'),
}).meta({
  id: 'ChangedPassphrase',
  examples: [{ current: 'correct horse battery staple', passphrase: 'staple battery horse correct' }],
});

const NewFile = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(4096)
      .startsWith('/', 'It must be an absolute path.')
      .optional()
      .describe('A file that does not exist; `master.key` in the data directory when absent'),
    passphrase: passphrase.optional().describe('Required if a passphrase protects the master key'),
  })
  .meta({ id: 'NewMasterKeyFile', examples: [{ path: '/media/stick/master.key' }] });

const MasterReply = z
  .strictObject({
    id: z.string().describe('Id of the key; never the key itself'),
    kind: z.enum(['file', 'passphrase']).describe('Provider of the master key'),
    path: z.string().describe('The key file, or the file with the wrapped key'),
  })
  .meta({
    id: 'MasterKey',
    description: 'The key that wraps all other keys.',
    examples: [{ id: 'mk_7f3a', kind: 'file', path: '/var/lib/gatehouse/master.key' }],
  });

const ReplacementReply = z
  .strictObject({
    was: z.string().describe('Id of the replaced key'),
    is: z.string().describe('Id of the new key'),
    left: z.string().optional().describe('Reason why the replaced key could not be removed yet'),
  })
  .meta({
    id: 'KeyReplacement',
    description: 'The replaced and the new key.',
    examples: [{ was: 'mk_7f3a', is: 'mk_91c0' }],
  });

const purpose = z.enum(['audit', 'receipts', 'administrators', 'tokens']);
const SigningParams = z.strictObject({ purpose: purpose.describe('What the key signs') });

const SigningQuery = z.strictObject({
  atOnce: z
    .enum(['true', 'false'])
    .optional()
    .describe('For `tokens`: what the former keys signed ends at once, as after a theft'),
});

const SigningKeyReply = z
  .strictObject({
    kid: z.string().describe('Id of the key'),
    purpose: purpose.describe('Use of the key'),
    publicKey: z.string().describe('PEM'),
    until: time('Time until which its signatures count; absent: always').optional(),
  })
  .meta({
    id: 'SigningKey',
    description: 'Public key of a signing key.',
    examples: [
      {
        kid: 'b2c41f60',
        purpose: 'audit',
        publicKey: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n',
      },
    ],
  });

const about = {
  tag: 'key-store',
  within: 'appliance',
  may: ofAppliance,
} as const;

/** The places where copies of the key store are kept. */
export const keyCopyRoutes = ({ keyCopyFolders }: { keyCopyFolders: KeyCopyFolders }): AdminRoute[] => [
  shortListRoute({
    ...about,
    url: '/key-store/places',
    operationId: 'listKeyPlaces',
    effect: 'none',
    summary: 'List the copies of the key store',
    description: 'Folders with a copy of the key store, and whether each copy is up to date.',
    item: KeyCopyFolder,
    items: 'Places',
    page: 'KeyPlaces',
    keyOf: ({ place }) => place,
    rows: () => keyCopyFolders.list(),
  }),
  route('POST /key-store/places', {
    ...about,
    operationId: 'addKeyPlace',
    effect: 'opens-the-box',
    summary: 'Keep a copy of the key store in a folder',
    description: 'The copy is updated with every write. An existing copy is only brought up to date.',
    body: NewCopyFolder,
    status: 201,
    reply: KeyCopyFolder,
    refuses: ['CONFLICT', 'STORAGE_FULL'],
    handle: ({ body: { folder }, who }) => keyCopyFolders.add(folder, who),
  }),
  route('POST /key-store/places/remove', {
    ...about,
    operationId: 'removeKeyPlace',
    effect: 'weakens-protection',
    summary: 'Remove a copy of the key store',
    description: 'The copy is no longer updated. With `wipe` it is destroyed too, and must be reachable.',
    body: OldCopyFolder,
    reply: KeyCopyFolder,
    refuses: ['NOT_FOUND', 'CONFLICT', 'STORAGE_FULL'],
    handle: ({ body: { folder, wipe }, who }) => keyCopyFolders.remove(folder, { wipe }, who),
  }),
  route('POST /key-store/places/destroyed', {
    ...about,
    operationId: 'attestDestroyedKeyPlace',
    effect: 'weakens-protection',
    summary: 'State that the medium of a copy is destroyed',
    description:
      'Completes the erasures that wait for the copy; their receipts name the operator who attested it.',
    body: DestroyedCopy,
    reply: AttestedReply,
    refuses: ['NOT_FOUND', 'CONFLICT', 'CONFIRMATION_REQUIRED', 'STORAGE_FULL'],
    handle: ({ body: { folder, ...options }, who }) => keyCopyFolders.attest(folder, defined(options), who),
  }),
  route('POST /key-store/sync', {
    ...about,
    operationId: 'syncKeyPlaces',
    effect: 'none',
    summary: 'Bring every copy of the key store up to date',
    description: 'Updates all copies that can be reached.',
    reply: CopyFoldersReply,
    handle: async () => ({ items: await keyCopyFolders.sync() }),
  }),
];

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

const refuses = ['WRONG_PASSPHRASE', 'CONFLICT', 'STORAGE_FULL'] as const;

/** The master key and the signing keys. */
export const keyRoutesOfAppliance = ({ custody }: MasterRouteDeps): AdminRoute[] => [
  route('GET /master-key', {
    ...about,
    operationId: 'getMasterKey',
    effect: 'none',
    summary: 'Show how the master key is kept',
    description: 'Its id and location, never the key itself.',
    reply: MasterReply,
    handle: () => custody.master(),
  }),
  route('POST /master-key/rotate', {
    ...about,
    operationId: 'rotateMasterKey',
    effect: 'none',
    summary: 'Replace the master key',
    description: 'The new key is stored in the same way. Requests are served meanwhile.',
    body: WithPassphrase,
    reply: ReplacementReply,
    refuses,
    handle: ({ body: { passphrase }, who }) => custody.rotateMaster(passphrase, who),
  }),
  route('POST /master-key/passphrase', {
    ...about,
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
  route('POST /master-key/passphrase/change', {
    ...about,
    operationId: 'changePassphrase',
    effect: 'none',
    summary: 'Change the passphrase of the master key',
    description: 'The master key stays the same.',
    body: ChangedPassphrase,
    reply: MasterReply,
    refuses,
    handle: ({ body: { current, passphrase }, who }) => custody.changePassphrase(current, passphrase, who),
  }),
  route('POST /master-key/file', {
    ...about,
    operationId: 'useMasterKeyFile',
    effect: 'weakens-protection',
    summary: 'Keep a new master key in a file',
    description: 'Replaces a passphrase or another file. The service starts unsealed from then on.',
    body: NewFile,
    reply: ReplacementReply,
    refuses,
    handle: ({ body: { path, passphrase }, who }) => custody.useFile(path, passphrase, who),
  }),
  shortListRoute({
    ...about,
    url: '/signing-keys',
    operationId: 'listSigningKeys',
    effect: 'none',
    summary: 'List the signing keys',
    description: 'Public keys only.',
    item: SigningKeyReply,
    items: 'Current and former keys; former signatures stay verifiable',
    page: 'SigningKeys',
    keyOf: ({ kid }) => kid,
    rows: () => custody.signingKeys(),
  }),
  route('POST /signing-keys/:purpose/rotate', {
    ...about,
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
