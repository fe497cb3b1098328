import type { OrganizationId, World } from '../../lib/id.ts';
import type { Judgement } from '../behavior/index.ts';
import type { VerdictKind } from './verdict-token.ts';

export interface VerdictRealm {
  organization: OrganizationId;
  world: World;
}

/** The key that asks: its lineage owns the tokens. */
export interface VerdictCaller extends VerdictRealm {
  lineage: string;
}

/** What a verdict says. */
export type Finding = Pick<Judgement, 'human' | 'confidence' | 'score' | 'notes' | 'agent'>;

/** A token that counts, with the verdict behind it. */
export interface TokenRecord {
  tokenHash: string;
  kind: VerdictKind;
  /** `userHashOf` of the user that it was given for. */
  userHash: string;
  lineage: string;
  human: boolean;
  score: number;
  confidence: number;
  issuedAt: number;
  expiresAt: number;
}

/** 0 to 100, as the answers say it. */
export const scoreOf = (confidence: number): number => Math.round(confidence * 100);
