import { allPages } from '../../../sdk/admin/all-pages.ts';
import { replyOf } from '../../../sdk/admin/client.ts';
import {
  acceptedKeys,
  checkToken,
  type Jwks,
  readJwks,
  type TokenFault,
  type TokenFinding,
  toJwk,
} from '../../engine/accounts/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import type { Control } from '../control/control.ts';
import { UsageError } from '../failure.ts';
import { needed, toggle, value } from '../flag.ts';
import { intoNewFile } from '../into-new-file.ts';
import { readText } from '../named-file.ts';
import { noun, work } from '../operation-command.ts';
import { facts, table } from '../terminal/terminal.ts';

export const token = noun(
  'pass tokens and presence tokens: verify one offline, publish and rotate their keys',
  {
    verify: work({
      args: { file: value('<file>', 'a file with the token; - reads standard input') },
      about: 'verify a token with a JWKS file; needs no data directory and no network',
      options: {
        jwks: needed(value('<file>', 'the public keys, from “token keys --jwks-file”')),
        audience: needed(
          value('<id>', 'id of the organization that the token is for; ID/test in the test world'),
        ),
        nonce: value('<text>', 'the nonce that a presence token has to carry'),
        issuer: value('<id>', 'id of the box, apl_…'),
        kind: value('<kind>', 'presence or pass', readKind),
      },
      examples: ['token verify token.txt --jwks gatehouse-jwks.json --audience org_01… --nonce 8f3a'],
      async run({ file = '', jwks = '', audience = '', nonce, issuer, kind }) {
        const keys = await readKeys(jwks);
        const text = (await readText(file, 'token')).trim();
        const demand = { audience, ...defined({ nonce, issuer, kind }) };
        const finding = await checkToken(text, (kid) => keys.get(kid), demand, Date.now());
        return {
          json: finding,
          text: describe(finding),
          ...(finding.valid ? {} : { exitCode: 1 as const }),
        };
      },
    }),
    keys: work({
      about: 'the public keys that verify tokens, for verifiers without a network',
      options: { jwksFile: value('<file>', 'write them as a JSON Web Key Set into this new file') },
      examples: ['token keys', 'token keys --jwks-file gatehouse-jwks.json'],
      async run({ jwksFile }, { control }) {
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
    }),
    rotate: work({
      about: 'sign tokens with a new key; those signed before stay valid until they expire',
      options: { atOnce: toggle('end the tokens signed before at once, where the key may have been stolen') },
      examples: ['token rotate', 'token rotate --at-once'],
      async run({ atOnce }, { control }) {
        const { admin } = await control();
        const params = {
          path: { purpose: 'tokens' as const },
          query: atOnce ? { atOnce: 'true' as const } : {},
        };
        const rotated = await replyOf(admin.POST('/api/admin/signing-keys/{purpose}/rotate', { params }));
        const before = atOnce
          ? 'Tokens signed before are no longer accepted here; verifiers with an older JWKS file accept them until they expire, within an hour.'
          : 'Tokens signed before stay valid until they expire, within an hour.';
        return {
          json: rotated,
          text: `${rotated.is} signs from now on. ${before} Give verifiers without a network a new file: “gatehouse token keys --jwks-file FILE”.`,
        };
      },
    }),
  },
);

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

function readKind(_: string, text: string): 'presence' | 'pass' {
  if (text === 'presence' || text === 'pass') return text;
  throw new UsageError(`There is no kind of token "${text}": write presence or pass.`);
}

async function readKeys(path: string) {
  try {
    return readJwks(await readText(path, 'JWKS file'));
  } catch (error) {
    if (error instanceof Problem) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
}

const faults: Record<TokenFault, string> = {
  malformed: 'it is not a token of Gatehouse, or it was cut off.',
  wrong_kind: 'it is a token of another kind.',
  wrong_algorithm: 'it names another algorithm than EdDSA.',
  unknown_key:
    'its key is not in the JWKS file. If the key was rotated, write a new file with “token keys --jwks-file”.',
  bad_signature: 'it was changed, or another key signed it.',
  expired: 'it has expired.',
  not_yet_valid: 'it was issued in the future: compare the clocks.',
  wrong_issuer: 'another box issued it.',
  wrong_audience: 'it is for another organization, or of the other world (live, test).',
  wrong_nonce: 'its nonce is not the expected one.',
  already_used: 'it was used before.',
  revoked: 'its person was erased since.',
};

function describe(finding: TokenFinding): string {
  if (!finding.valid) return `NOT VALID: ${faults[finding.reason]}`;
  const { kind, claims } = finding;
  const once =
    finding.kind === 'presence' && finding.claims.singleUse
      ? '\n\nIt was made for one use. Only the box knows whether it was used (POST /api/presence/verify-token).'
      : '';
  return `Valid.\n\n${facts([
    ['kind', kind],
    ['about', claims.sub],
    ['session', claims.sessionId],
    ['assurance', claims.assurance],
    ['issued by', claims.iss],
    ['issued at', new Date(claims.iat * 1000).toISOString()],
    ['valid until', new Date(claims.exp * 1000).toISOString()],
    ...(finding.kind === 'presence'
      ? ([['purpose', finding.claims.purpose]] as [string, string][])
      : ([['decision', finding.claims.decision]] as [string, string][])),
  ])}${once}`;
}
