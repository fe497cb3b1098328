import './tokens.css';
import './mantine.css';
import './mantine-tuning.css';
import './base.css';
import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
  MantineProvider,
} from '@mantine/core';
import { setNonce } from 'get-nonce';
import type { ReactNode } from 'react';
import { LanguageProvider } from '../strings/language.tsx';

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

const scale = (colors: string) => colors.split(' ') as unknown as MantineColorsTuple;
const petrol = scale('#eef6f8 #e2eff2 #c3dfe6 #a3d8e6 #7cc4d8 #4fa3ba #2c8099 #166a80 #0e5569 #0a4253');
const gray = scale('#fafaf8 #f5f5f2 #f0f1ed #e1e2dd #c9cbc6 #a6aba8 #838a87 #626b6f #465055 #1b2023');
const dark = scale('#e9edee #b7c0c4 #96a1a6 #75818a #2b3337 #20272a #181d20 #141a1c #101416 #0b0e10');

/** Faint in Mantine: the design guide asks for 3:1 at the border of a control. */
const inputBorders = { vars: () => ({ wrapper: { '--input-bd': 'var(--line-strong)' } }) };

/** Mantine in the colors, type and shape of the design guide; what a color means is said by our own components. */
const theme = createTheme({
  colors: { petrol, gray, dark },
  primaryColor: 'petrol',
  primaryShade: { light: 8, dark: 4 },
  autoContrast: true,
  black: '#1b2023',
  defaultRadius: 6,
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '0.75rem', sm: '0.875rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  lineHeights: { xs: '1.333', sm: '1.429', md: '1.429', lg: '1.5', xl: '1.333' },
  spacing: { xs: '4px', sm: '8px', md: '16px', lg: '24px', xl: '32px' },
  headings: { fontWeight: '600' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Input: inputBorders,
    Modal: { defaultProps: { radius: 12, centered: false, yOffset: '9vh' } },
    // Its placeholder for the first focus is an element without a role in a menu.
    Menu: {
      defaultProps: { radius: 8, shadow: 'md', position: 'bottom-end', withInitialFocusPlaceholder: false },
    },
    Popover: { defaultProps: { radius: 8, shadow: 'md' } },
    Tooltip: { defaultProps: { events: { hover: true, focus: true, touch: true }, withArrow: true } },
  },
});

/** Our tokens under the names that Mantine reads. It sets most of them for each scheme, so that only the same selector wins. */
const tokens = {
  '--mantine-color-body': 'var(--bg)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-2)',
  '--mantine-color-placeholder': 'var(--ink-3)',
  '--mantine-color-default': 'var(--surface)',
  '--mantine-color-default-hover': 'var(--hover)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-primary-color-filled': 'var(--accent)',
  '--mantine-primary-color-filled-hover': 'var(--accent-hover)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  '--mantine-shadow-md': 'var(--shadow)',
  '--mantine-shadow-xl': 'var(--shadow)',
};
const cssVariablesResolver: CSSVariablesResolver = () => ({
  variables: {},
  light: tokens,
  dark: tokens,
});
