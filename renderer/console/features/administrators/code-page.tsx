import { CopyOnce } from '../../../ui/controls/index.ts';
import { Card, Page } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
import { administratorStrings } from './strings.ts';

/** A one-time code, this once, and what the person does with it. */
export function CodePage({
  title,
  of,
  code,
  done,
}: {
  title: string;
  of: { name: string; email: string };
  code: string;
  done(): void;
}) {
  const t = useStrings(administratorStrings);
  return (
    <Page title={title} lead={t('codeLead')} parents={[{ label: t('title'), to: '/administrators' }]} reading>
      <Card gap={16}>
        <CopyOnce
          label={t('code')}
          secret={code}
          warning={t('codeWarning')}
          storedLabel={t('handedOver')}
          doneLabel={t('done')}
          done={done}
        />
      </Card>
      <Card title={t('nextSteps')}>
        <ol>
          <li>{t('step1', { address: `${location.origin}/console/sign-in` })}</li>
          <li>{t('step2', { email: of.email })}</li>
          <li>{t('step3')}</li>
        </ol>
      </Card>
    </Page>
  );
}
