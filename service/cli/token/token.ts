import type { Command } from 'commander';
import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import { acceptedKeys, type Jwks, toJwk } from '../../engine/tokens/index.ts';
import { type CommandRunner, examples } from '../command.ts';
import type { Control } from '../control/control.ts';
import { intoNewFile } from '../into-new-file.ts';
import { table } from '../terminal/terminal.ts';
import { addTokenVerify } from './verify.ts';

export function addToken(program: Command, runner: CommandRunner): void {
  const token = program
    .command('token')
    .helpCommand(false)
    .description('pass tokens and presence tokens: verify one offline, publish and rotate their keys');
  addTokenVerify(token, runner);

  runner.run<{ jwksFile?: string }>(
    token
      .command('keys')
      .description('the public keys that verify tokens, for verifiers without a network')
      .option('--jwks-file <file>', 'write them as a JSON Web Key Set into this new file')
      .addHelpText('after', examples('token keys', 'token keys --jwks-file gatehouse-jwks.json')),
    async ({ options, control }) => {
      const { jwksFile } = options;
      const jwks = await intoNewFile(jwksFile, async () => readJwksOf(await control()), {
        flag: '--jwks-file',
      });
      const rows = jwks.keys.map(({ kid, x }, i) => [
        kid,
        x,
        i === jwks.keys.length - 1 ? 'signs' : 'verifies',
      ]);
      const text =
        jwksFile === undefined ? table(['key', 'public key', 'use'], rows, '') : `Written to ${jwksFile}.`;
      return { json: jwks, text };
    },
  );

  runner.run<{ atOnce?: boolean }>(
    token
      .command('rotate')
      .description('sign tokens with a new key; those signed before stay valid until they run out')
      .option('--at-once', 'tokens signed before end now: the key may have been stolen')
      .addHelpText('after', examples('token rotate', 'token rotate --at-once')),
    async ({ options: { atOnce }, control }) => {
      const open = await control();
      const params = {
        path: { purpose: 'tokens' as const },
        query: atOnce ? { atOnce: 'true' as const } : {},
      };
      const rotated = await replyOf(open.admin.POST('/api/admin/signing-keys/{purpose}/rotate', { params }));
      const before = atOnce
        ? 'Tokens signed before are no longer accepted here; verifiers with an older JWKS file accept them until they run out, within an hour.'
        : 'Tokens signed before stay valid until they run out, within an hour.';
      return {
        json: rotated,
        text: `${rotated.is} signs from now on. ${before} Give verifiers without a network a new file: “gatehouse token keys --jwks-file FILE”.`,
      };
    },
  );
}

async function readJwksOf({ admin }: Pick<Control, 'admin'>): Promise<Jwks> {
  const items = await allPages(
    (page) => replyOf(admin.GET('/api/admin/signing-keys', { params: { query: page } })),
    Number.POSITIVE_INFINITY,
  );
  const keys = items.map(({ until, ...key }) => ({
    ...key,
    ...(until !== undefined && { until: Date.parse(until) }),
  }));
  return { keys: acceptedKeys(keys, Date.now()).map(toJwk) };
}
