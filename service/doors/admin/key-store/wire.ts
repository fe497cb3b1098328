import { z } from 'zod';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { time } from '../reply-fields.ts';

const folder = z.string().min(1).max(4096).describe('Absolute folder');
const passphrase = z.string().min(1).max(2048).describe('The passphrase of the master key');

export const NewPlace = z.strictObject({ folder }).meta({
  id: 'NewKeyPlace',
  examples: [{ folder: '/media/stick' }],
});

export const OldPlace = z
  .strictObject({ folder, wipe: z.boolean().describe('Overwrite and delete the copy as well') })
  .meta({ id: 'KeyPlaceRemoval', examples: [{ folder: '/media/stick', wipe: true }] });

export const DestroyedPlace = z
  .strictObject({
    folder,
    copy: z.string().min(1).max(100).optional().describe('Which copy, where several were kept in the folder'),
    confirm: z.string().max(4096).optional().describe('The folder once more'),
  })
  .meta({ id: 'DestroyedKeyPlace', examples: [{ folder: '/media/stick', confirm: '/media/stick' }] });

const place = z.string().describe('Absolute folder');
const copy = z.string().optional().describe('Id of the copy');
const example = {
  place: '/media/stick',
  copy: 'kcp_01m7w3hb8hbf355he5zqwjztdk',
  state: 'current' as const,
  addedAt: '2026-11-20T12:00:00.000Z',
};

export const PlaceReply = z
  .strictObject({
    place,
    copy,
    state: z.enum(['current', 'behind', 'unreachable']).describe('Whether the copy is up to date'),
    since: time('Since when it is not').optional(),
    reason: z.string().optional().describe('Why it is not'),
    addedAt: time('When the place was added'),
  })
  .meta({
    id: 'KeyPlace',
    description: 'A folder where a copy of the key store is kept.',
    examples: [example],
  });

export const ShortQuery = z.strictObject(shortListQuery);
export const PlacesReply = pageReply(PlaceReply, 'Places', 'KeyPlaces');

export const AttestedReply = z.strictObject({ place, copy }).meta({
  id: 'AttestedKeyPlace',
  description: 'The copy that counts as destroyed.',
  examples: [{ place: '/media/stick', copy: 'kcp_01m7w3hb8hbf355he5zqwjztdk' }],
});

export const WithPassphrase = z
  .strictObject({ passphrase: passphrase.optional().describe('Needed where one protects the master key') })
  .meta({ id: 'MasterKeyOrder', examples: [{}] });

export const NewPassphrase = z
  .strictObject({ passphrase: passphrase.describe('At least 12 characters') })
  .meta({ id: 'NewPassphrase', examples: [{ passphrase: 'correct horse battery staple' }] });

export const ChangedPassphrase = NewPassphrase.extend({
  current: passphrase.describe('The passphrase until now'),
}).meta({
  id: 'ChangedPassphrase',
  examples: [{ current: 'correct horse battery staple', passphrase: 'staple battery horse correct' }],
});

export const NewFile = z
  .strictObject({
    path: z
      .string()
      .min(1)
      .max(4096)
      .startsWith('/', 'It must be an absolute path.')
      .optional()
      .describe('A file that does not exist; `master.key` in the data directory when absent'),
    passphrase: passphrase.optional().describe('Needed where one protects the master key'),
  })
  .meta({ id: 'NewMasterKeyFile', examples: [{ path: '/media/stick/master.key' }] });

export const MasterReply = z
  .strictObject({
    id: z.string().describe('Id of the key; never the key itself'),
    kind: z.enum(['file', 'passphrase']).describe('How it is kept'),
    path: z.string().describe('The key file, or the file with the wrapped key'),
  })
  .meta({
    id: 'MasterKey',
    description: 'The key that opens all others.',
    examples: [{ id: 'mk_7f3a', kind: 'file', path: '/var/lib/gatehouse/master.key' }],
  });

export const ReplacementReply = z
  .strictObject({
    was: z.string().describe('Id of the key before'),
    is: z.string().describe('Id of the key now'),
    left: z.string().optional().describe('Why the key before could not be removed yet'),
  })
  .meta({
    id: 'KeyReplacement',
    description: 'A key was replaced.',
    examples: [{ was: 'mk_7f3a', is: 'mk_91c0' }],
  });

const purpose = z.enum(['audit', 'receipts', 'administrators']);
export const SigningParams = z.strictObject({ purpose: purpose.describe('What the key signs') });

const SigningKeyReply = z
  .strictObject({
    kid: z.string().describe('Id of the key'),
    purpose: purpose.describe('What it signs, or signed'),
    publicKey: z.string().describe('PEM'),
  })
  .meta({
    id: 'SigningKey',
    description: 'Public half of a signing key.',
    examples: [
      {
        kid: 'b2c41f60',
        purpose: 'audit',
        publicKey: '-----BEGIN PUBLIC KEY-----\n…\n-----END PUBLIC KEY-----\n',
      },
    ],
  });

export const SigningKeysReply = pageReply(
  SigningKeyReply,
  'The keys in use, and those before: what they signed stays verifiable',
  'SigningKeys',
);

export type PlaceReply = z.output<typeof PlaceReply>;
