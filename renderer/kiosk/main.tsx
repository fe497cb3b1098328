import '../ui/theme/tokens.css';
import '../ui/theme/base.css';
import './kiosk.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { LanguageProvider } from '../ui/strings/language.tsx';
import { Kiosk } from './kiosk.tsx';

const place = document.getElementById('page');
if (!place) throw new Error('The page has no element #page.');
createRoot(place).render(
  <StrictMode>
    <LanguageProvider>
      <Kiosk />
    </LanguageProvider>
  </StrictMode>,
);
