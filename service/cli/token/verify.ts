import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  checkToken,
  type PersonTokenKind,
  readJwks,
  type TokenFault,
  type TokenFinding,
} from '../../engine/tokens/index.ts';
import { defined } from '../../lib/defined.ts';
import { Problem } from '../../lib/problem.ts';
import { type CommandRunner, examples } from '../command.ts';
import { UsageError } from '../failure.ts';
import { facts } from '../terminal/terminal.ts';
import { userPath } from '../user-path.ts';

interface VerifyOptions {
  jwks: string;
  audience: string;
  nonce?: string;
  issuer?: string;
  kind?: string;
}

export function addTokenVerify(token: Command, runner: CommandRunner): void {
  runner.run<VerifyOptions>(
    token
      .command('verify')
      .argument('<file>', 'a file with the token; - reads standard input')
      .description('verify a token with a JWKS file; needs no data directory and no network')
      .requiredOption('--jwks <file>', 'the public keys, from “token keys --jwks-file”')
      .requiredOption(
        '--audience <id>',
        'id of the organization that the token is for; ID/test in the test world',
      )
      .option('--nonce <text>', 'the nonce that a presence token has to carry')
      .option('--issuer <id>', 'id of the appliance, apl_…')
      .option('--kind <kind>', 'presence or pass')
      .addHelpText(
        'after',
        examples('token verify token.txt --jwks gatehouse-jwks.json --audience org_01… --nonce 8f3a'),
      ),
    async ({ options }, path = '') => {
      const { audience, nonce, issuer } = options;
      const kind = kindOf(options.kind);
      const keys = await readKeys(options.jwks);
      const text = (await readText(path, 'token')).trim();
      const demand = { audience, ...defined({ nonce, issuer, kind }) };
      const finding = await checkToken(text, (kid) => keys.get(kid), demand, Date.now());
      return { json: finding, text: describe(finding), ...(finding.valid ? {} : { exitCode: 1 as const }) };
    },
  );
}

function kindOf(text: string | undefined): PersonTokenKind | undefined {
  if (text === undefined || text === 'presence' || text === 'pass') return text;
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
  malformed: 'it is no token of Gatehouse, or it was cut off.',
  wrong_kind: 'it is a token of another kind.',
  wrong_algorithm: 'it names another algorithm than EdDSA.',
  unknown_key:
    'its key is not in the JWKS file. If the key was rotated, write a new file with “token keys --jwks-file”.',
  bad_signature: 'it was changed, or another key signed it.',
  expired: 'it has run out.',
  not_yet_valid: 'it was issued in the future: compare the clocks.',
  wrong_issuer: 'another appliance issued it.',
  wrong_audience: 'it is for another organization, or of the other world (live, test).',
  wrong_nonce: 'its nonce is another.',
  already_used: 'it was used before.',
  revoked: 'its person was erased since.',
};

function describe(finding: TokenFinding): string {
  if (!finding.valid) return `NOT VALID: ${faults[finding.reason]}`;
  const { kind, claims } = finding;
  const once =
    finding.kind === 'presence' && finding.claims.singleUse
      ? '\n\nIt was made for one use. Whether it was used is known to the appliance alone (POST /api/presence/verify-token).'
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

async function readText(path: string, what: string): Promise<string> {
  if (path === '-') {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString('utf8');
  }
  const file = userPath(path);
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new UsageError(`There is no ${what} at ${file}.`);
    throw error;
  });
}
