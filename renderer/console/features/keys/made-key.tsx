import { CopyOnce } from '../../../ui/code/copy-once.tsx';
import { Snippets } from '../../../ui/code/snippet.tsx';
import { Card, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { snippetsFor } from './snippets.ts';
import { keyStrings } from './strings.ts';

/** A key that was made just now: the secret this once, and code that uses it. */
export function MadeKey({ secret, done }: { secret: string; done(): void }) {
  const t = useStrings(keyStrings);
  return (
    <Stack gap={24}>
      <Card>
        <CopyOnce
          label={t('secret')}
          secret={secret}
          warning={t('warning')}
          doneLabel={t('done')}
          done={done}
        />
      </Card>
      <Card title={t('snippets')}>
        <Snippets codes={snippetsFor(location.origin, secret)} />
      </Card>
    </Stack>
  );
}
