import { defineStrings } from '../../ui/strings/define-strings.ts';

/** Names of the actions in the palette. */
export const actionStrings = defineStrings(
  { enroll: 'Enroll a person' },
  { enroll: 'Eine Person aufnehmen' },
);
