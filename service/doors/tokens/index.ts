import type { FastifyPluginAsync } from 'fastify';
import type { PersonTokens, VerifyToken } from '../../engine/accounts/index.ts';
import { isVerdictToken, type Verdicts } from '../../engine/behavior/index.ts';
import { ordering, relyingParty, toRealm, WorldQuery } from '../../http/sign-in/relying-party.ts';
import { Problem } from '../../lib/problem.ts';
import { fromFinding, fromTokenCheck, toDemand } from './translate.ts';
import { JwksReply, TokenAnswer, TokenQuestion } from './wire.ts';

export interface TokensDoorDeps {
  personTokens: Pick<PersonTokens, 'jwks'>;
  verifyToken: VerifyToken;
  verdicts: Pick<Verdicts, 'checkToken'>;
}

/** Seconds for which a verifier may keep the keys. One that meets an unknown `kid` fetches them again. */
const KEPT_SECONDS = 300;

/** The keys of pass tokens and presence tokens, and whether such a token counts. */
export const createTokensDoor =
  ({ personTokens, verifyToken, verdicts }: TokensDoorDeps): FastifyPluginAsync =>
  async (app) => {
    app.get(
      '/.well-known/jwks.json',
      {
        config: { access: 'public', quiet: true },
        schema: {
          operationId: 'getJwks',
          summary: 'Show the keys that verify tokens',
          description:
            'Public Ed25519 keys of pass tokens and presence tokens. After a rotation the former key stays until its tokens have run out. Without a network: `gatehouse token keys --jwks-file FILE` on the box, then `gatehouse token verify` anywhere.',
          tags: ['tokens'],
          response: { 200: JwksReply },
        },
      },
      async (_, reply) =>
        reply.header('cache-control', `public, max-age=${KEPT_SECONDS}`).send(personTokens.jwks()),
    );

    app.post(
      '/api/v1/tokens/verify',
      {
        config: {
          access: { ...ordering('sessions'), orKey: ['presence', 'behavior'] },
          refuses: ['STORAGE_FULL'],
        },
        schema: {
          operationId: 'verifyToken',
          summary: 'Verify a token',
          description:
            'Whether a pass token, a presence token or a token of behavior (`h_verified_…`, `h_challenge_…`) counts for the organization and world of this key: for the server of a caller whose page was given a token. A token that was created for one use counts once, and one of a person who was erased since is `revoked`. An invalid token is an ordinary 200 with `valid: false`.',
          tags: ['tokens'],
          querystring: WorldQuery,
          body: TokenQuestion,
          response: { 200: TokenAnswer },
        },
      },
      async (request) => {
        const caller = relyingParty(request);
        if (caller.browser)
          throw new Problem(
            'INSUFFICIENT_SCOPE',
            'A browser key verifies no tokens: a check in the page proves nothing to your server. Verify there, with a key of its own.',
          );
        const { body } = request;
        if (isOfBehavior(body))
          return fromTokenCheck(await verdicts.checkToken(toRealm(caller), body.token, body.userId));
        return fromFinding(await verifyToken(toRealm(caller), body.token, toDemand(body), caller.actor));
      },
    );
  };

/** By its form, or because the caller asks for one. */
const isOfBehavior = ({ token, kind, userId }: TokenQuestion): boolean =>
  kind === 'behavior' || (kind === undefined && (userId !== undefined || isVerdictToken(token)));
