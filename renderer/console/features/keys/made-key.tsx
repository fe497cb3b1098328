import { CopyOnce, Snippets } from '../../../ui/controls/index.ts';
import { Card, Stack } from '../../../ui/layout/index.ts';
import { useStrings } from '../../../ui/strings/index.ts';
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
/** Code that calls this box with the key, ready to paste. `origin`: where the box answers. */
const snippetsFor = (origin: string, key: string) => [
  {
    language: 'curl',
    code: `curl ${origin}/api/verify \\
  -H 'x-api-key: ${key}' \\
  -F image=@portrait.jpg -F email=ada@example.org`,
  },
  {
    language: 'TypeScript',
    code: `const form = new FormData();
form.set('image', new Blob([await readFile('portrait.jpg')]), 'portrait.jpg');
form.set('email', 'ada@example.org');
const reply = await fetch('${origin}/api/verify', {
  method: 'POST',
  headers: { 'x-api-key': '${key}' },
  body: form,
});
console.log(await reply.json());`,
  },
];
