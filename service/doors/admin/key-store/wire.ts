import { z } from 'zod';
import { pageReply, shortListQuery } from '../../../http/cursor.ts';
import { time } from '../reply-fields.ts';

const folder = z.string().min(1).max(4096).describe('Absolute path of the folder');
const passphrase = z.string().min(1).max(2048).describe('The passphrase of the master key');

export const NewPlace = z.strictObject({ folder }).meta({
  id: 'NewKeyPlace',
  examples: [{ folder: '/media/stick' }],
});

export const OldPlace = z
  .strictObject({ folder, wipe: z.boolean().describe('Overwrite and delete the copy too') })
  .meta({ id: 'KeyPlaceRemoval', examples: [{ folder: '/media/stick', wipe: true }] });

export const DestroyedPlace = z
  .strictObject({
    folder,
    copy: z.string().min(1).max(100).optional().describe('Id of the copy, if the folder had several'),
    confirm: z.string().max(4096).optional().describe('The folder again, as a confirmation'),
  })
  .meta({ id: 'DestroyedKeyPlace', examples: [{ folder: '/media/stick', confirm: '/media/stick' }] });

const place = z.string().describe('Absolute path of the folder');
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
    since: time('Time since when it is not').optional(),
    reason: z.string().optional().describe('Reason why it is not'),
    addedAt: time('Time when the copy was added'),
  })
  .meta({
    id: 'KeyPlace',
    description: 'A folder with a copy of the key store.',
    examples: [example],
  });

export const ShortQuery = z.strictObject(shortListQuery);
export const PlacesReply = pageReply(PlaceReply, 'Places', 'KeyPlaces');

export const AttestedReply = z.strictObject({ place, copy }).meta({
  id: 'AttestedKeyPlace',
  description: 'The copy that is attested as destroyed.',
  examples: [{ place: '/media/stick', copy: 'kcp_01m7w3hb8hbf355he5zqwjztdk' }],
});

export const WithPassphrase = z
  .strictObject({
    passphrase: passphrase.optional().describe('Required if a passphrase protects the master key'),
  })
  .meta({ id: 'MasterKeyOrder', examples: [{}] });

export const NewPassphrase = z
  .strictObject({ passphrase: passphrase.describe('At least 12 characters') })
  .meta({ id: 'NewPassphrase', examples: [{ passphrase: 'correct horse battery staple' }] });

export const ChangedPassphrase = NewPassphrase.extend({
  current: passphrase.describe('The current passphrase'),
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
    passphrase: passphrase.optional().describe('Required if a passphrase protects the master key'),
  })
  .meta({ id: 'NewMasterKeyFile', examples: [{ path: '/media/stick/master.key' }] });

export const MasterReply = z
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

export const ReplacementReply = z
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
export const SigningParams = z.strictObject({ purpose: purpose.describe('What the key signs') });

export const SigningQuery = z.strictObject({
  atOnce: z
    .enum(['true', 'false'])
    .optional()
    .describe('For `tokens`: what the former keys signed ends at once, as after a theft'),
});

export const SigningKeyReply = z
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

export const SigningKeysReply = pageReply(
  SigningKeyReply,
  'Current and former keys; former signatures stay verifiable',
  'SigningKeys',
);

export type SigningKeyReply = z.output<typeof SigningKeyReply>;
export type PlaceReply = z.output<typeof PlaceReply>;
