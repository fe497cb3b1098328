import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test, vi } from 'vitest';
import { LanguageScope } from '../../ui/strings/language.tsx';

vi.stubGlobal('location', { origin: 'http://box' });
const { Failed } = await import('./lost-pages.tsx');

test.each([
  'Failed to fetch dynamically imported module: http://box/console/first-person-step.js',
  'error loading dynamically imported module: http://box/console/first-person-step.js',
  'Importing a module script failed.',
])('a script that did not come is a lost network: “%s”', (message) => {
  const shown = renderToStaticMarkup(
    createElement(() =>
      LanguageScope({
        language: 'de',
        choose: () => undefined,
        children: createElement(
          QueryClientProvider,
          { client: new QueryClient() },
          createElement(Failed, { error: new TypeError(message), reset: () => undefined }),
        ),
      }),
    ),
  );
  expect(shown).toContain('Gatehouse hat nicht geantwortet.');
  expect(shown).toContain('Noch einmal versuchen');
  expect(shown).not.toContain(message);
});
