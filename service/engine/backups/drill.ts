/** What a trial of a backup found. */
export interface DrillFindings {
  /** When the backup was taken, as its header says. */
  takenAt: string;
  schema: string;
  organizations: number;
  people: { there: number; erased: number };
  templates: { there: number; opened: number; erased: number; damaged: number };
  /** People who were looked for by a template of their own. */
  match: { asked: number; found: number };
  audit: { lines: number; checkpoints: number; valid: boolean };
}

export interface DrillStep {
  /** In English. */
  step: string;
  done?: number;
  of?: number;
}

/** A trial of a backup: it was restored to scratch, opened with the keys, and looked at as a whole. */
export interface Drill {
  id: string;
  /** The run that wrote the file. */
  backup: string;
  path: string;
  askedBy: string;
  askedAt: number;
  finishedAt?: number;
  state: 'waiting' | 'running' | 'passed' | 'failed';
  /** Of one that runs. */
  now?: DrillStep;
  /** Why a restore would fail, a sentence each. */
  problems: string[];
  /** Absent where the file could not be opened. */
  found?: DrillFindings;
}
