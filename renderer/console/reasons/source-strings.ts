import { defineStrings } from '../../ui/strings/define-strings.ts';

/** Where the pictures of a verification or a live session came from. */
export const sourceStrings = defineStrings(
  {
    title: 'Pictures from',
    kiosk: 'a paired kiosk',
    browser: 'the page of a live session',
    api: 'a caller: API, console or command line',
  },
  {
    title: 'Bilder von',
    kiosk: 'einem gekoppelten Kiosk',
    browser: 'der Seite einer Live-Sitzung',
    api: 'einem Aufrufer: API, Konsole oder Kommandozeile',
  },
);
