import type { SubjectId } from '../../lib/id.ts';
import type { Tx } from '../../storage/transaction.ts';
import type { Actor } from '../audit/index.ts';
import type { Consent } from '../consent/index.ts';
import type { Embeddings, MatchPlan } from '../matching/index.ts';
import type { Realm } from '../subjects/index.ts';
import type { SessionUniqueness, UniquenessRule } from './session.ts';

/** A living person who comes to a scope, as engine/uniqueness takes it. */
export interface UniquenessOrder {
  realm: Realm;
  scope: string;
  policy: UniquenessRule['policy'];
  embeddings: Embeddings;
  plan: MatchPlan;
  pixelHash: string;
  quality: number;
  portrait?: Uint8Array;
  self?: SubjectId;
  reference?: string;
  consent?: Consent;
  session: string;
  actor: Actor;
  request?: string;
}

/** What sessions need of engine/uniqueness. */
export interface UniquenessJudge {
  /** Runs `work` in the transaction that makes a newcomer a member. */
  /** `work` gets the person under whose key the human is a member; not for one who waits. */
  judge<T>(
    order: UniquenessOrder,
    work: (tx: Tx, judged: SessionUniqueness, subject?: SubjectId) => Promise<T>,
  ): Promise<T>;
  /** The session ends while its newcomer waits. */
  withdraw(tx: Tx, session: string): Promise<void>;
  /** Whether a human is counted still: not erased, and not about to be. */
  isMember(realm: Realm, id: string): Promise<boolean>;
}

/** A session that waited for a reviewer, and what became of its person. */
export interface DecidedNewcomer {
  realm: Realm;
  session: string;
  judged: SessionUniqueness;
  /** No reviewer decided in time. */
  undecided?: true;
}
