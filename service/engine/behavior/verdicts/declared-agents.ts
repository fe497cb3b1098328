import { createHash, createPublicKey, hash, type KeyObject, verify } from 'node:crypto';
import { httpbis } from 'http-message-signatures';
import type { Clock } from '../../../lib/clock.ts';
import type { BehaviorSettingsOf } from '../behavior-settings/behavior-settings.ts';
import type { VerdictRealm } from './verdict.ts';

/** A request that carries a signature. */
export interface SignedRequest {
  method: string;
  /** As its sender addressed it. */
  url: string;
  headers: Record<string, string | string[]>;
  /** As it came; absent: it has none. */
  body?: Uint8Array;
}

export interface DeclaredAgentsDeps {
  settings: Pick<BehaviorSettingsOf, 'get'>;
  /** False where this use, hashed, came before; it is forgotten at `end`, ms since 1970. */
  firstUse(realm: VerdictRealm, use: string, end: number): Promise<boolean>;
  clock: Clock;
}

/** Milliseconds since a signature was made: nonces are remembered for as long. */
const FRESH = 300_000;
/** How far the clocks of agents may be ahead, in milliseconds. */
const SKEW = 60_000;
const LONGEST_NONCE = 256;
/** What a signature has to cover; of a request with a body its digest too. */
const REQUIRED_FIELDS = ['@authority', '@method', '@path'];
const REQUIRED = ['keyid', 'created', 'expires', 'nonce'];

/**
 * Agents that declare themselves: HTTP message signatures (RFC 9421, profile Web Bot Auth) by Ed25519 keys that an administrator has
 * pinned. The box fetches no directory of keys.
 */
export function createDeclaredAgents({ settings, firstUse, clock }: DeclaredAgentsDeps) {
  return {
    /** The agent whose valid signature the request carries, made for this request to this box now, and not used before. */
    async find(realm: VerdictRealm, request: SignedRequest): Promise<{ name: string } | undefined> {
      const { organization } = realm;
      const { agents } = await settings.get(organization);
      if (agents.length === 0) return undefined;
      let signer: { name: string; nonce: string } | undefined;
      const accepted = await httpbis
        .verifyMessage(
          {
            requiredParams: REQUIRED,
            requiredFields: [...REQUIRED_FIELDS, ...(request.body?.length ? ['content-digest'] : [])],
            notAfter: new Date(clock.now() + SKEW),
            async keyLookup(parameters) {
              const { keyid, nonce, created, tag } = parameters as Record<string, unknown>;
              if (typeof keyid !== 'string' || typeof nonce !== 'string' || !(created instanceof Date))
                return null;
              const isForBots = tag === undefined || tag === 'web-bot-auth';
              if (
                !isForBots ||
                nonce === '' ||
                nonce.length > LONGEST_NONCE ||
                !isFresh(created.getTime(), clock.now())
              )
                return null;
              const agent = agents.find(({ keys }) => keys.some((x) => thumbprintOf(x) === keyid));
              const key = agent?.keys.find((x) => thumbprintOf(x) === keyid);
              if (!agent || key === undefined || signer) return null;
              signer = { name: agent.name, nonce: `${keyid} ${nonce}` };
              return {
                id: keyid,
                algs: ['ed25519'],
                verify: async (data, signature) =>
                  verify(null, data, toKey(key), signature) &&
                  (!coversDigest(data) || (isWhole(data) && hasItsDigest(request))),
              };
            },
          },
          request,
        )
        // A signature that cannot be read, or has run out, declares nothing.
        .catch(() => false);
      if (accepted !== true || !signer) return undefined;
      const use = hash('sha256', `${organization} ${signer.nonce}`, 'base64url');
      return (await firstUse(realm, use, clock.now() + FRESH + SKEW)) ? { name: signer.name } : undefined;
    },
  };
}

/** In the signature base each covered component is a line. The library signs the field, and does not look at the body. */
const coversDigest = (base: Buffer): boolean => /^"content-digest"/m.test(base.toString('latin1'));

/** Not a part of the field (RFC 9421, `key`, `bs`, `req`): another part of it could name another body. */
const isWhole = (base: Buffer): boolean => !/^"content-digest";/m.test(base.toString('latin1'));

/** RFC 9530: every digest that we know is that of the body, and there is one. */
function hasItsDigest({ headers, body = new Uint8Array() }: SignedRequest): boolean {
  const field = Object.entries(headers).find(([name]) => name.toLowerCase() === 'content-digest')?.[1];
  const said = [...String(field).matchAll(/(?:^|,)\s*(sha-256|sha-512)=:([\w+/=]+):\s*(?=,|$)/g)];
  return (
    said.length > 0 &&
    said.every(([, name, digest]) => hash(name!.replace('-', ''), body, 'base64') === digest)
  );
}

const isFresh = (created: number, now: number): boolean => created > now - FRESH && created <= now + SKEW;

/** RFC 7638, as Web Bot Auth names keys. */
const thumbprintOf = (x: string): string =>
  createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url');

const toKey = (x: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
