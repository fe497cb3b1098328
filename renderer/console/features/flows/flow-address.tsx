import { CopyButton } from '../../../ui/badges/id.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import type { Schemas } from '../../api/admin.ts';
import styles from './flows.module.css';
import { flowStrings } from './strings.ts';

/** The address that never changes, and that of the test page. A link once the flow is published. */
export function FlowAddress({ flow: { path, published } }: { flow: Schemas['Flow'] }) {
  const t = useStrings(flowStrings);
  const live = location.origin + path;
  const test = `${live}?mode=test`;
  return (
    <Card title={t('address')}>
      <Stack gap={12}>
        <Address label={t('addressLive')} url={live} />
        <Address label={t('addressTest')} url={test} />
        {published ? (
          <a href={test} target="_blank" rel="noreferrer">
            {t('openTest')}
          </a>
        ) : (
          <p className="small muted">{t('addressDraft')}</p>
        )}
      </Stack>
    </Card>
  );
}

const Address = ({ label, url }: { label: string; url: string }) => (
  <div>
    <h3 className="small">{label}</h3>
    <div className={styles.address}>
      <code>{url}</code>
      <CopyButton text={url} name={label} />
    </div>
  </div>
);
