import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import english from '../../renderer/console/features/webhooks/event-strings.en.json' with { type: 'json' };
import { webhookDialects } from '../../service/compose/events.ts';

const text = readFileSync(new URL('../../docs/WEBHOOKS.md', import.meta.url), 'utf8');
const heading = '| family | events | default signature | sent in this version |';

test('the table of docs/WEBHOOKS.md lists the families, events and signatures of the catalog, and which are sent', () => {
  const catalog = webhookDialects.map(({ family, events, signature }) => ({
    family,
    events: events.map(({ name }) => name.slice(family.length + 1)),
    signature,
    sent: events.every(({ fires }) => fires) ? 'yes' : 'not yet',
  }));
  expect(rowsUnder(heading)).toEqual(catalog);
});

test('the console says of each event what the catalog says', () => {
  const catalog = webhookDialects.flatMap(({ events }) => events.map(({ name, when }) => [name, when]));
  expect(english).toEqual(Object.fromEntries(catalog));
});

function rowsUnder(head: string) {
  const lines = text.slice(text.indexOf(head)).split('\n').slice(2);
  const rows = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) => {
    const [family = '', events = '', signature = '', sent = ''] = row.split('|').slice(1);
    const plain = (cell: string) => cell.trim().replaceAll('`', '');
    return {
      family: plain(family),
      events: plain(events).split(' '),
      signature: plain(signature),
      sent: plain(sent),
    };
  });
}
