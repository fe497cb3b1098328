import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { keyPrefixes } from '../../engine/accounts/access/api-key.ts';
import { type Scope, scopes } from '../../engine/accounts/access/scope.ts';
import { UsageError } from '../failure.ts';
import { choice, initially, needed, toggle, value, values } from '../flag.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { readDuration, readMoment } from '../terminal/moment.ts';
import { facts } from '../terminal/terminal.ts';

type Key = Schemas['Key'];

const id = value('<key-id>', 'as `key list` shows it');

const shownKey = ({ prefix, env, hint }: Key) => `${prefix}_${env}_…${hint}`;
/** Allowed profiles. */
const profilesOf = ({ profiles }: Pick<Key, 'profiles'>) =>
  profiles.join(', ') || 'those of the organization';
/** Allowed origins and networks. */
const boundTo = ({ origins, cidrs }: Pick<Key, 'origins' | 'cidrs'>) =>
  [...origins, ...cidrs].join(', ') || 'anywhere';

export const key = noun('API keys of an organization', {
  create: call('POST /api/admin/keys', {
    on: 'org',
    about: 'create a key; it is shown only once',
    fields: {
      scopes: needed(
        value('<list>', `what it may do, separated by commas: ${scopes.join(', ')}`, readScopes),
      ),
      env: needed(choice('<world>', 'live: real people; test: trials', ['live', 'test'])),
      prefix: choice('<prefix>', 'how the key begins (default: gh)', keyPrefixes),
      name: value('<name>', 'name for the list'),
      expiresAt: value('--expires <date>', 'expiry: 2027-01-31 or 2027-01-31T12:00:00Z', readMoment),
      cidrs: values('--cidr <network...>', 'allowed network, such as 10.20.0.0/16; any when absent'),
      profiles: values(
        '--profile <slug...>',
        'allowed profiles, separated by spaces; those of the organization when absent',
      ),
      browser: toggle('browser key: bound to origins, with few scopes'),
      origins: values(
        '--origin <url...>',
        'origin of a page that may send the key, or show the sessions it creates, such as https://shop.example.com',
      ),
    },
    json: (made) => ({ id: made.id, key: made.key }),
    text: (made) =>
      [
        facts([
          ['id', made.id],
          ['key', made.key],
          ['world', made.env],
          ['scopes', made.scopes.join(', ')],
          ['from', boundTo(made)],
          ['profiles', profilesOf(made)],
          ['expires', made.expiresAt],
        ]),
        '',
        'The key is not shown again.',
      ].join('\n'),
    examples: [
      'key create --scopes identity:verify --env live --name "door camera"',
      'key create --org org_01… --scopes identity --env test --prefix prf --json',
    ],
  }),
  list: list('GET /api/admin/keys', {
    on: 'org',
    about: 'the keys of an organization, without their secrets',
    limit: 1000,
    rows: {
      id: 'id',
      key: shownKey,
      world: 'env',
      name: 'name',
      scopes: (one) => one.scopes.join(','),
      'may be sent from': boundTo,
      state: stateOf,
      'last used': ({ lastUsedAt, lastUsedAddress }) =>
        lastUsedAt && `${lastUsedAt}${lastUsedAddress === undefined ? '' : ` from ${lastUsedAddress}`}`,
      'descends from': (one) => (one.lineage === one.id ? undefined : one.lineage),
    },
    empty: 'No key yet. Make one: key create --scopes identity --env test',
    examples: ['key list'],
  }),
  revoke: work({
    on: 'org',
    args: { id },
    about: 'revoke a key at once; this cannot be undone. Its webhooks stay, and are listed',
    examples: ['key revoke key_01…'],
    async run({ id = '' }, { realm, next }) {
      const { open, query } = await realm();
      const one = await replyOf(
        open.admin.POST('/api/admin/keys/{id}/revoke', { params: { path: { id }, query } }),
      );
      const webhooks = await allPages((page) =>
        replyOf(
          open.admin.GET('/api/admin/webhooks', { params: { query: { ...query, env: one.env, ...page } } }),
        ),
      );
      const made = webhooks.filter(({ createdBy }) => createdBy === `key:${one.id}`);
      const left = [
        '',
        'Webhooks that it made still send. If the key was leaked, look at each:',
        ...made.map(({ id: webhook, url }) => `  ${webhook}  ${url}`),
        `Remove one: ${next('webhook remove WEBHOOK', one.env)}`,
      ];
      return {
        json: { ...one, webhooks: made.map(({ id: webhook }) => webhook) },
        text: [`The key ${one.id} (…${one.hint}) is revoked.`, ...(made.length === 0 ? [] : left)].join('\n'),
      };
    },
  }),
  rotate: call('POST /api/admin/keys/{id}/rotate', {
    on: 'org',
    args: { id },
    about: 'create a successor with the same rights; the old key keeps working for a while',
    fields: {
      overlapSeconds: initially(
        '7d',
        value('--overlap <time>', 'how long the old key keeps working: 7d, 12h, 30m, 0', readDuration),
      ),
    },
    json: (made) => ({ id: made.id, key: made.key, old: made.old }),
    text: (made) =>
      [
        facts([
          ['id', made.id],
          ['key', made.key],
          ['expires', made.expiresAt],
          ['succeeds', `${made.old.id} (${shownKey(made.old)}), which works until ${made.old.expiresAt}`],
        ]),
        '',
        'The key is not shown again. Replace the old key before it ends.',
      ].join('\n'),
    examples: ['key rotate key_01…', 'key rotate key_01… --overlap 0 --json'],
  }),
  restrict: call('PATCH /api/admin/keys/{id}', {
    on: 'org',
    args: { id },
    about: 'remove rights from a key at once; to add rights, create a new key',
    fields: {
      scopes: value('<list>', 'the scopes it keeps, separated by commas', readScopes),
      origins: values('--origin <url...>', 'the origins it may be sent from by a browser'),
      cidrs: values('--cidr <network...>', 'the networks it may be sent from, such as 10.20.0.0/16'),
      profiles: values('--profile <slug...>', 'the profiles it may name'),
      expiresAt: value('--expires <date>', 'an earlier end: 2027-01-31 or 2027-01-31T12:00:00Z', readMoment),
    },
    ask({ id: _, ...given }) {
      if (Object.keys(given).length === 0)
        throw new UsageError('Name what to restrict: --scopes, --origin, --cidr, --profile or --expires.');
      return {};
    },
    text: {
      key: (one) => `${one.id} (${shownKey(one)})`,
      scopes: (one) => one.scopes.join(', '),
      from: boundTo,
      profiles: profilesOf,
      expires: 'expiresAt',
    },
    examples: ['key restrict key_01… --cidr 10.20.0.0/16', 'key restrict key_01… --scopes identity'],
  }),
});

/** `identity:verify, admin` -> the scopes. Throws UsageError that names those there are not. */
function readScopes(flag: string, text: string): Scope[] {
  const words = text.split(',').map((word) => word.trim());
  const unknown = words.filter((word) => !scopes.some((scope) => scope === word));
  if (unknown.length === 0) return scopes.filter((scope) => words.includes(scope));
  throw new UsageError(`${flag}: "${unknown.join('", "')}" is not a scope. Scopes: ${scopes.join(', ')}.`);
}

function stateOf(key: Key): string {
  if (key.altered) return 'REFUSED: another program wrote or changed its row in the database';
  if (key.revokedAt !== undefined) return `revoked ${key.revokedAt}`;
  const succeeded = key.successor === undefined ? '' : `, succeeded by ${key.successor}`;
  if (key.expiresAt !== undefined) return `until ${key.expiresAt}${succeeded}`;
  return 'active';
}
