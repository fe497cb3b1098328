import { defineStrings } from '../../../ui/strings/index.ts';
import de from './note-strings.de.json' with { type: 'json' };
import en from './note-strings.en.json' with { type: 'json' };

/** What the notes and signals of a verdict say (docs/BEHAVIOR.md). */
export const noteStrings = defineStrings('console/features/behavior/note-strings', en, de);

type NoteKey = keyof (typeof noteStrings)['en'];

/** Undefined: a note of a newer service. */
export const noteKey = (note: string): NoteKey | undefined =>
  note in noteStrings.en ? (note as NoteKey) : undefined;
