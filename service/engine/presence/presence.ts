import type { Clock } from '../../lib/clock.ts';
import type { Ids } from '../../lib/id.ts';
import type { Db, InTransaction } from '../../storage/transaction.ts';
import type { Access } from '../access/index.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Organizations } from '../organizations/index.ts';
import type { FlowEnd, LinkResolver, Sessions } from '../sessions/index.ts';
import type { Subjects } from '../subjects/index.ts';
import type { PersonTokens, PresenceClaims, TokenRealm } from '../tokens/index.ts';
import type { PresenceCaller, PresenceOrder, PresenceProof, PresenceSession } from './presence-session.ts';
import type { PresenceSealer } from './presence-store.ts';
import type { TokenVerdict, VerifyTokenOrder } from './token-verdict.ts';

/** Programs ask for proof that a person is there: a session, a link for the person, a signed token. */
export interface Presence {
  /** `link`: the token of the page's address, shown this once. Throws ORGANIZATION_MISMATCH. */
  create(
    caller: PresenceCaller,
    order: PresenceOrder,
    actor: Actor,
  ): Promise<{ session: PresenceSession; link: string }>;
  /** Throws NOT_FOUND, and SESSION_KEY_MISMATCH for another key of the organization. */
  get(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceSession>;
  /** Throws as `get`; CONFLICT once it is decided, SESSION_EXPIRED once it is over. */
  cancel(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceSession>;
  /** Throws as `get`; CONFLICT where no person was recognized, EMAIL_MISMATCH, SESSION_EXPIRED. */
  token(caller: PresenceCaller, id: string, actor: Actor): Promise<PresenceProof>;
  /** Whether a token counts for the caller's organization. A positive answer uses up a token for one use. */
  verifyToken(caller: PresenceCaller, order: VerifyTokenOrder, actor: Actor): Promise<TokenVerdict>;
  /** Whether a token still counts: its session is kept. It goes with an erased person. */
  stands(realm: TokenRealm, claims: Pick<PresenceClaims, 'jti'>): Promise<boolean>;
  /** The page of the link. */
  links: LinkResolver;
  /** What a decided live session means for its presence session. */
  end: FlowEnd;
}

export interface PresenceDeps {
  db: Db;
  inTransaction: InTransaction;
  sealer: PresenceSealer;
  organizations: Pick<Organizations, 'get' | 'lookOf'>;
  access: Pick<Access, 'originsOf'>;
  subjects: Pick<Subjects, 'find'>;
  sessions: Pick<Sessions, 'prepare' | 'requireBrowser' | 'cancel'>;
  tokens: Pick<PersonTokens, 'presence' | 'check' | 'redeem'>;
  audit: Audit;
  ids: Ids;
  clock: Clock;
  random?: (into: Uint8Array) => void;
}
