import type { SessionPage } from '../session.ts';

/** Version of the sentences below; a changed one needs a new version. */
const VERSION = 'behavior-1';

const texts = {
  en: 'While this page is open, it also sends figures of how you move the pointer, scroll and type on it: speeds and pauses, no text, no key and no address. They help to notice programs, and never decide alone. The figures are judged and forgotten within 15 minutes; what was found is kept with the result.',
  de: 'Solange diese Seite offen ist, sendet sie auch Zahlen dazu, wie Sie auf ihr den Zeiger bewegen, scrollen und tippen: Geschwindigkeiten und Pausen, keinen Text, keine Taste und keine Adresse. Sie helfen, Programme zu bemerken, und entscheiden nie allein. Die Zahlen werden beurteilt und binnen 15 Minuten vergessen; was gefunden wurde, bleibt beim Ergebnis.',
};

/** The page of a session whose profile has it collect behavior: the consent text says so and has another version. */
export function behaviorPage(page: SessionPage): SessionPage {
  const { consent } = page;
  const { en, de } = consent.text;
  return {
    ...page,
    behavior: true,
    consent: {
      ...consent,
      version: `${consent.version}-${VERSION}`,
      text: { en: [...en, texts.en], de: [...de, texts.de] },
    },
  };
}
