import { hostname } from 'node:os';
import { replyOf } from '../../../sdk/admin/client.ts';
import { parseConfig } from '../../config.ts';
import { recordDatabase } from '../../data-directory/database-location.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { readJoinToken } from '../../storage/master/join-token.ts';
import type { Control } from '../control/control.ts';
import { isInitialized } from '../data-directory.ts';
import { UsageError } from '../failure.ts';
import { needed, toggle, value } from '../flag.ts';
import { invocation } from '../invocation.ts';
import { currentPassphrase, opening } from '../master/master-key.ts';
import { passphraseFileFlag, readNewPassphrase } from '../master/passphrase.ts';
import { call, list, noun, work } from '../operation-command.ts';
import { databaseUrlFlag, keysDatabaseUrlFlag, nodeAddressFlag, toConfigInput } from '../serve/options.ts';
import { facts } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

const passphraseFile = value(...passphraseFileFlag);

const PATIENCE = 60_000;
const LONGEST_NAME = 64;

export const node = noun(
  'services that share one record on PostgreSQL: let a machine join, list, drain and remove them',
  {
    token: work({
      about:
        'make a token, which lasts a quarter of an hour, with which one machine gets the master key for a key of its own',
      options: { passphraseFile },
      examples: ['node token'],
      async run({ passphraseFile }, { control }) {
        const open = await control(opening(passphraseFile));
        const passphrase = await currentPassphrase(open, passphraseFile);
        const isAlone = await sharesWithNone(open);
        const made = await replyOf(
          open.admin.POST('/api/admin/nodes/tokens', { body: defined({ passphrase }) }),
        );
        const text = [
          facts([
            ['token', made.token],
            ['ends', made.expiresAt],
          ]),
          '',
          'It is not shown again, and is used up by the first machine that joins. Put it into a file there (mode 0600), then:',
          `  ${invocation} node join --token-file FILE --data DIR --database-url URL --keys-database-url URL`,
          ...(open.via === 'own process'
            ? ['No service runs on this directory: it answers once it is started.']
            : []),
          ...(isAlone
            ? [
                'This service has its databases for itself, and a second one is refused until it is started as a node: "nodes": true in its settings, or --nodes.',
              ]
            : []),
        ].join('\n');
        return { json: made, text };
      },
    }),
    join: work({
      about:
        'make a data directory for one more service of a record: with a key of its own, for which a running one wraps the master key',
      options: {
        tokenFile: needed(value('<file>', 'holds the token of `node token` (mode 0600)')),
        name: value('<name>', 'by which `node list` shows it (default: the name of this machine)'),
        databaseUrl: value(databaseUrlFlag[0].replace(/^\S+ /, ''), 'the PostgreSQL database of the record'),
        keysDatabaseUrl: value(
          keysDatabaseUrlFlag[0].replace(/^\S+ /, ''),
          'the PostgreSQL database of its keys',
        ),
        nodeAddress: value(nodeAddressFlag[0].replace(/^\S+ /, ''), nodeAddressFlag[1]),
        passphrase: toggle('protect the key of this node with a passphrase, not with a file'),
        passphraseFile,
      },
      examples: [
        'node join --token-file token --database-url postgresql://gatehouse@db.example/gatehouse --keys-database-url postgresql://gatehouse@db.example/gatehouse_keys',
      ],
      async run({ tokenFile = '', name = hostname(), passphrase, passphraseFile, ...urls }, { data }) {
        const { databaseUrl, keysDatabaseUrl, nodeAddress } = parseConfig(toConfigInput(data, urls));
        if (databaseUrl === undefined || keysDatabaseUrl === undefined) {
          throw new UsageError(
            'Nodes share their record and its keys on PostgreSQL: give --database-url and --keys-database-url.',
          );
        }
        if (isInitialized(data)) {
          throw new Problem(
            'CONFLICT',
            `${data} is a data directory already; nothing was changed. Join with a new one: --data DIR.`,
          );
        }
        if (name.trim() === '' || name.length > LONGEST_NAME)
          throw new UsageError(`--name: a name has 1 to ${LONGEST_NAME} characters.`);
        // Loaded only now, with the native packages of the database and of passphrases.
        const { readPassphraseFile } = await import('../../storage/master/open-master.ts');
        const token = readJoinToken(readPassphraseFile(userPath(tokenFile)));
        if (!token) throw new UsageError(`${tokenFile} does not hold a token of "gatehouse node token".`);
        const hidden = passphrase || passphraseFile ? await readNewPassphrase(passphraseFile) : undefined;
        const { joinRecord } = await import('../../storage/master/join-token.ts');
        const joined = await joinRecord({
          data,
          keysDatabaseUrl,
          token,
          name,
          passphrase: hidden,
          patience: PATIENCE,
        });
        recordDatabase(data, { databaseUrl, keysDatabaseUrl, nodes: true, nodeName: name, nodeAddress });
        const text = [
          `${data} is ready.`,
          '',
          facts([
            ['node', joined.node],
            ['name', name],
            ['own key', hidden === undefined ? 'in a file of this directory' : 'behind the passphrase'],
          ]),
          '',
          `Start it:  ${invocation} serve --data ${data}`,
        ].join('\n');
        return { json: { ...joined, name }, text };
      },
    }),
    list: list('GET /api/admin/nodes', {
      about:
        'the nodes of this record: those that run, those that are gone and did not leave, and those that joined with a token',
      rows: {
        node: (one) =>
          `${one.id ?? 'this service'}${one.isThis && one.id !== undefined ? ' (this one)' : ''}`,
        name: 'name',
        state: 'state',
        version: 'version',
        schema: ({ schema, isOutdated }) =>
          isOutdated ? `${schema} (the database has a newer one: update it)` : schema,
        address: 'address',
        since: 'since',
        'last sign': 'lastSignAt',
        'clock ahead': ({ clockAheadMilliseconds: ahead }) =>
          ahead === undefined ? undefined : `${ahead} ms`,
        'changes behind': 'changesBehind',
        leases: ({ leases }) => leases.join(', '),
      },
      empty: 'There are no nodes.',
      examples: ['node list'],
    }),
    drain: call('POST /api/admin/nodes/{id}/drain', {
      args: { id: value('<node-id>', 'as `node list` shows it') },
      about:
        'let a node take no new work, before a repair: a balancer passes it by, and what it has begun ends',
      json: (_, { id }) => ({ drained: id }),
      text: (_, { id }) =>
        `The node ${id} takes no new work within a second, until "${invocation} node undrain ${id}" or its next start. Live sessions and captures that it has go on there: "${invocation} node list" shows what it alone still does.`,
      examples: ['node drain node_5f0c…'],
    }),
    undrain: call('DELETE /api/admin/nodes/{id}/drain', {
      args: { id: value('<node-id>', 'as `node list` shows it') },
      about: 'let a drained node work again',
      json: (_, { id }) => ({ undrained: id }),
      text: (_, { id }) => `The node ${id} works again.`,
      examples: ['node undrain node_5f0c…'],
    }),
    remove: call('DELETE /api/admin/nodes/{id}', {
      args: { id: value('<node-id>', 'as `node list` shows it') },
      about: 'take its wrapped master key from a node, and what it runs from the record',
      confirm: {
        option: '--confirm <node-id>',
        about: 'the id again',
        word: ({ id = '' }) => [
          id,
          `The node opens nothing any more, and can only join anew. To do it: node remove ${id} --confirm ${id}`,
        ],
      },
      json: (_, { id }) => ({ removed: id }),
      text: (_, { id }) =>
        `The node ${id} is removed. It had the master key: where its machine is not in your hands, replace that too ("${invocation} master rotate").`,
      examples: ['node remove node_5f0c… --confirm node_5f0c…'],
    }),
  },
);

/** Whether the service shares its databases with none. */
const sharesWithNone = async ({ admin }: Control) =>
  (await replyOf(admin.GET('/api/admin/nodes'))).items.some(({ id }) => id === undefined);
