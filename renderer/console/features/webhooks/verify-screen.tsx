import { createLazyRoute } from '@tanstack/react-router';
import { Snippets } from '../../../ui/controls/index.ts';
import { Card, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { webhookStrings } from './strings.ts';
import { verifyCodes } from './verify-code.ts';
import styles from './webhooks.module.css';

export const Route = createLazyRoute('/webhooks/verify')({ component: VerifyScreen });

function VerifyScreen() {
  const t = useStrings(webhookStrings);
  return (
    <Page
      title={t('verifyTitle')}
      lead={t('verifyLead')}
      parents={[{ label: t('title'), to: '/webhooks' }]}
      reading
    >
      <Card>
        <Snippets codes={verifyCodes} />
      </Card>
      <Card title={t('verifyHint')}>
        <ul className={styles.hints}>
          <li>{t('verifyRaw')}</li>
          <li>{t('verifyTime')}</li>
          <li>{t('verifyTwice')}</li>
          <li>{t('verifyRotation')}</li>
        </ul>
      </Card>
    </Page>
  );
}
