import { type ChallengeStrings, english } from '../huma/challenge-strings.ts';
import type { Failure, Language } from './check-request.ts';

export interface Texts {
  label: string;
  checking: string;
  done: string;
  expired: string;
  close: string;
  failed: Readonly<Record<Failure, string>>;
  challenge: ChallengeStrings;
}

export const texts: Readonly<Record<Language, Texts>> = {
  en: {
    label: 'I am a person',
    checking: 'Checking…',
    done: 'Checked.',
    expired: 'The check has run out. Do it again.',
    close: 'Close',
    failed: {
      bot: 'A person could not be recognized. Try again after you have used the page for a moment.',
      closed: 'The check was closed. Try again.',
      refused: 'The check cannot be used on this page.',
      unavailable: 'The check could not be reached. Try again in a minute.',
    },
    challenge: english,
  },
  de: {
    label: 'Ich bin ein Mensch',
    checking: 'Wird geprüft …',
    done: 'Geprüft.',
    expired: 'Die Prüfung ist abgelaufen. Machen Sie sie noch einmal.',
    close: 'Schließen',
    failed: {
      bot: 'Ein Mensch war nicht zu erkennen. Versuchen Sie es noch einmal, nachdem Sie die Seite kurz benutzt haben.',
      closed: 'Die Prüfung wurde geschlossen. Versuchen Sie es noch einmal.',
      refused: 'Die Prüfung kann auf dieser Seite nicht benutzt werden.',
      unavailable: 'Die Prüfung war nicht zu erreichen. Versuchen Sie es in einer Minute noch einmal.',
    },
    challenge: {
      title: 'Zeigen Sie, dass Sie ein Mensch sind',
      row: (row, column) => `Zeile ${row}, Spalte ${column}`,
      places: [
        ...['oben links', 'oben in der Mitte', 'oben rechts', 'in der Mitte links', 'in der Mitte'],
        ...['in der Mitte rechts', 'unten links', 'unten in der Mitte', 'unten rechts'],
      ],
      picture: (place) => `Bild, ${place}`,
      path: 'Der Weg, den Sie zeichnen sollen, als Bild',
      chosen: (place, position) => `${place}, Nummer ${position}`,
      undone: (place) => `${place} entfernt`,
      undo: 'Rückgängig',
      check: 'Prüfen',
      checking: 'Wird geprüft …',
      wrong: (attempts) =>
        `Das war nicht richtig. Noch ${attempts === 1 ? 'ein Versuch' : `${attempts} Versuche`}.`,
      blocked: 'Das war nicht richtig, und kein Versuch ist übrig.',
      refused: 'Diese Prüfung kann nicht benutzt werden. Beginnen Sie von vorn.',
      expiresSoon: 'Noch eine Minute.',
      expired: 'Die Zeit für diese Prüfung ist um.',
      again: 'Neue Prüfung',
      accessible: 'Prüfung für Tastatur und Bildschirmleser benutzen',
      replaced: 'Eine andere Prüfung wird gezeigt.',
      unavailable: 'Die Antwort konnte nicht gesendet werden. Versuchen Sie es noch einmal.',
      passed: 'Fertig.',
    },
  },
};
