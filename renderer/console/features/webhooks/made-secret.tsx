import { CopyOnce } from '../../../ui/code/copy-once.tsx';
import { Snippets } from '../../../ui/code/snippet.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { webhookStrings } from './strings.ts';
import { verifyCodes } from './verify-code.ts';

/** A secret that was made just now, this once, and code that verifies with it. */
export function MadeSecret({ secret, done }: { secret: string; done(): void }) {
  const t = useStrings(webhookStrings);
  return (
    <Stack gap={24}>
      <Card>
        <CopyOnce
          label={t('secret')}
          secret={secret}
          warning={t('secretWarning')}
          doneLabel={t('backToWebhook')}
          done={done}
        />
      </Card>
      <Card title={t('verifyTitle')}>
        <Snippets codes={verifyCodes} />
      </Card>
    </Stack>
  );
}
