/** What is wrong, at the first place where something is. */
export interface Damage {
  /** The first line that is not as it should be. */
  seq: number;
  is:
    | 'changed'
    | 'missing'
    | 'inserted'
    | 'reordered'
    | 'truncated'
    | 'bad-signature'
    | 'checkpoint-missing'
    | 'outside-changed'
    | 'note-behind';
  /** In words for the operator. */
  says: string;
}

/** An older backup of the data was put back, and an operator's command said so to the log. */
export interface AcknowledgedRestore {
  /** Number of the line "backup.restore". */
  seq: number;
  at: number;
  /** The last line of what was put back. */
  restoredTo: number;
  /** The newest checkpoint of before; the lines in between are gone. */
  before: number;
}

/** A checkpoint noted outside the database, which the chain must contain. */
export interface Noted {
  seq: number;
  hash: string;
}
