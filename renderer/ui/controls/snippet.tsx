import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { Row, Stack } from '../layout/layout.tsx';
import styles from './code.module.css';
import { CopyButton } from './id.tsx';

/** Code to paste, with a button that copies it. */
export const Snippet = ({ code, name }: { code: string; name: string }) => (
  <section className={styles.box} aria-label={name}>
    {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
    <pre className={styles.code} tabIndex={0}>
      <code>{code}</code>
    </pre>
    <div className={styles.copy}>
      <CopyButton text={code} name={name} />
    </div>
  </section>
);

/** The same in several languages. */
export function Snippets({ codes }: { codes: readonly { language: string; code: string }[] }) {
  const [language, setLanguage] = useState(codes[0]?.language ?? '');
  const shown = codes.find((one) => one.language === language);
  return (
    <Stack gap={12}>
      <Row>
        <SegmentedControl
          size="xs"
          value={language}
          onChange={setLanguage}
          data={codes.map((one) => one.language)}
        />
      </Row>
      {shown && <Snippet code={shown.code} name={shown.language} />}
    </Stack>
  );
}
