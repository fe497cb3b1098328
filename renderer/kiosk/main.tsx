import '../ui/theme/tokens.css';
import '../ui/theme/base.css';
import './kiosk.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LanguageProvider } from '../ui/strings/language.tsx';
import { Kiosk } from './kiosk.tsx';

const place = document.getElementById('page');
if (!place) throw new Error('The page has no element #page.');
// The address that the desktop app waits for is of no more use once the page is loaded there.
if (location.pathname === '/kiosk/left') history.replaceState(null, '', '/kiosk/');
createRoot(place).render(
  <StrictMode>
    <LanguageProvider>
      <Kiosk />
    </LanguageProvider>
  </StrictMode>,
);
