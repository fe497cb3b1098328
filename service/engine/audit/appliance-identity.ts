import type { Ids } from '../../lib/id.ts';

/** Small facts beside the keys, in another file than the log. */
export interface AuditNotes {
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
  /** Where there is none; gives the one that is there then. */
  addNote(name: string, value: string): Promise<string>;
}

const NOTE = 'appliance/id';

/** Id of the appliance, created once and stored in the key store. It is part of every signature. */
export async function applianceIdentity(notes: AuditNotes, ids: Ids): Promise<string> {
  return (await notes.note(NOTE)) ?? (await notes.addNote(NOTE, ids.next('appliance')));
}
