import './colors.css';
import './capture.css';
import { StrictMode, useCallback, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { openNewLinks } from '../ui/new-link.ts';
import { type Language, languages } from '../ui/strings/define-strings.ts';
import { LanguageScope, languageOf } from '../ui/strings/language.tsx';
import { CapturePage, useView } from './capture-page.tsx';
import { liveApi } from './session/api.ts';
import { createBehaviorReport, loadCollector } from './session/behavior.ts';
import { createConnection } from './session/connection.ts';
import { postToOpener, windowFrames } from './session/ending.ts';
import { addressOf, createMemory, keptLink, linkOf } from './session/link.ts';
import { createLiveSession, type LiveSession } from './session/live-session.ts';

const place = document.getElementById('page');
if (!place) throw new Error('The page has no element #page.');

const memory = createMemory(() => sessionStorage);
const link = linkOf(location) ?? keptLink(memory, location);
const address = addressOf(link, location);
const session = createLiveSession({
  api: liveApi,
  link,
  memory,
  connect: createConnection,
  behavior: createBehaviorReport({ load: loadCollector, api: liveApi }),
  post: (origins, message) => postToOpener(windowFrames(), origins, message),
});
const askedLanguage = new URLSearchParams(location.search).get('lang');
const isLanguage = (text: string | null): text is Language => languages.some((one) => one === text);

/** In the language that the person chose here, else that of the link, else that of the browser, else the organization's. */
function Page({ session }: { session: LiveSession }) {
  const view = useView(session);
  const [chosen, setChosen] = useState<Language>();
  const choose = useCallback((language: Language) => setChosen(language), []);
  const { description } = view;
  const ofLink = isLanguage(askedLanguage) ? askedLanguage : description?.language;
  const language =
    chosen ?? ofLink ?? languageOf(null, navigator.languages, description?.organization.language);
  return (
    <LanguageScope language={language} choose={choose}>
      <CapturePage {...{ session, view, address }} />
    </LanguageScope>
  );
}

createRoot(place).render(
  <StrictMode>
    <Page session={session} />
  </StrictMode>,
);
void session.load();
openNewLinks(() => linkOf(location) !== undefined);
// The token behind the # leaves the address, where it would stand in the history and in pictures of the screen: the tab remembers it.
if (location.hash !== '' && memory.read())
  history.replaceState(null, '', location.pathname + location.search);
