import { defineStrings } from '../../ui/strings/define-strings.ts';

/** Names of the actions in the palette. */
export const actionStrings = defineStrings(
  { enroll: 'Enroll a person', pairKiosk: 'Pair a kiosk' },
  { enroll: 'Eine Person aufnehmen', pairKiosk: 'Einen Kiosk koppeln' },
);
