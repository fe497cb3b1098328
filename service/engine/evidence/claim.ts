import type { ScorerEntry } from '../../inference/models/manifest.ts';

/** A share with its 95 % interval, as fractions of 1. */
export interface MeasuredShare {
  value: number;
  from: number;
  to: number;
}

/** What a claim is about, in the order of the report. */
export const evidenceGroups = [
  'recognition',
  'presentation',
  'live',
  'uniqueness',
  'behavior',
  'speed',
] as const;
export type EvidenceGroup = (typeof evidenceGroups)[number];

/** Whether the goal was reached; `none`: the figure has no goal. */
export const verdicts = ['holds', 'part', 'missed', 'none'] as const;
export type EvidenceVerdict = (typeof verdicts)[number];

/** One published figure: what it says, on what it rests, and what it does not say. */
export interface Claim {
  id: string;
  group: EvidenceGroup;
  title: string;
  /** One sentence with the figure and its interval. */
  claim: string;
  verdict: EvidenceVerdict;
  maturity: ScorerEntry['maturity'];
  data: string;
  /** UTC, minutes. */
  measured: string;
  commit: string;
  machine: string;
  /** What measures it again, in a checkout. */
  command: string;
  /** Shares with their intervals; `goal` is the largest or smallest share that was asked for. */
  chart?: {
    finding: string;
    goal?: { value: number; label: string };
    bars: (MeasuredShare & { label: string })[];
  };
  table: { head: string[]; rows: string[][] };
  limits: string[];
}

/** All published figures of a release. */
export interface PublishedEvidence {
  claims: Claim[];
}
