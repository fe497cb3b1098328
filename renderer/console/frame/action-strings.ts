import { defineStrings } from '../../ui/strings/define-strings.ts';

/** Names of the actions in the palette. */
export const actionStrings = defineStrings(
  {
    enroll: 'Enroll a person',
    importMany: 'Import many people',
    pairKiosk: 'Pair a kiosk',
    newProfile: 'Create a profile',
    newFlow: 'Create a flow',
    newScope: 'Set up a uniqueness scope',
  },
  {
    enroll: 'Eine Person aufnehmen',
    importMany: 'Viele Personen importieren',
    pairKiosk: 'Einen Kiosk koppeln',
    newProfile: 'Ein Profil anlegen',
    newFlow: 'Einen Ablauf anlegen',
    newScope: 'Einen Bereich der Einmaligkeit einrichten',
  },
);
