import type { Ids } from '../../lib/id.ts';

/** Small facts beside the keys, in another file than the log. */
export interface AuditNotes {
  note(name: string): Promise<string | undefined>;
  setNote(name: string, value: string): Promise<void>;
}

const NOTE = 'appliance/id';

/** Id of the appliance, created once and stored in the key store. It is part of every signature. */
export async function applianceIdentity(notes: AuditNotes, ids: Ids): Promise<string> {
  const known = await notes.note(NOTE);
  if (known !== undefined) return known;
  const made = ids.next('appliance');
  await notes.setNote(NOTE, made);
  return made;
}
