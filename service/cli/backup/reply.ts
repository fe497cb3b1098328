/** What the control routes tell of backups. */

export interface KeyCopyReply {
  place: string;
  state: string;
  reason?: string;
}

export interface RunReply {
  id: string;
  path: string;
  startedAt: string;
  finishedAt?: string;
  bytes?: number;
  outcome: string;
  reason?: string;
  origin: string;
  verifiedAt?: string;
  /** Of a run that left a file. */
  file?: 'there' | 'removed' | 'away';
  futureDated?: boolean;
}

export interface PlanReply {
  folder: string;
  everyMinutes: number;
  keep: number;
  setBy: string;
  setAt: string;
}

export interface BackupsReply {
  plans: PlanReply[];
  runs: RunReply[];
  keys: KeyCopyReply[];
  warnings: string[];
}
