import './tokens.css';
import './mantine.css';
import './mantine-tuning.css';
import './base.css';
import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { setNonce } from 'get-nonce';
import type { ReactNode } from 'react';
import { LanguageProvider } from '../strings/language.tsx';
import { cssVariablesResolver, theme } from './theme.ts';

const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
setNonce(nonce);
const colorSchemeManager = localStorageColorSchemeManager({ key: 'gatehouse-color-scheme' });

/** Theme, color scheme and language: around everything a page shows. Style elements carry the nonce of the page's policy. */
export function PageProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemeManager}
      getStyleNonce={() => nonce}
    >
      <LanguageProvider>{children}</LanguageProvider>
    </MantineProvider>
  );
}
