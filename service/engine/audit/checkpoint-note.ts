/** The newest checkpoint, as the key store notes it: protected so that only the service can write it. */
export type NoteState =
  /** There was no checkpoint yet. */
  | { is: 'none' }
  /** `text`: as it was written. */
  | { is: 'sound'; text: string }
  /** Changed, deleted, or put back from somewhere else. */
  | { is: 'forged' };

/** What a copy of the key store notes, compared with the key store in use. */
export interface CopyNote {
  /** Folder of the copy. */
  place: string;
  /** `ahead`: the copy has a newer note, so that the one in use is an old one that was put back. */
  is: 'same' | 'behind' | 'ahead' | 'forged' | 'unreachable';
  text?: string;
}

/** Where the newest checkpoint is noted, in another file than the log. */
export interface CheckpointNote {
  read(): Promise<NoteState>;
  /** On disk when it resolves. */
  write(text: string): Promise<void>;
  copies(): Promise<CopyNote[]>;
}
