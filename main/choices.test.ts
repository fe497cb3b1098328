import { expect, test } from 'vitest';
import { readChoices } from './choices.ts';

const place = { home: '/home/ada', cwd: '/gatehouse', env: {} };
const read = (...words: string[]) => readChoices(words, place);
const print = 'AB12 '.repeat(16).trim();

test.each([
  { words: [], is: { target: { is: 'here', data: '/home/ada/.local/share/gatehouse' } } },
  {
    words: ['--no-sandbox', '--data', 'box', '--hidden'],
    is: { target: { is: 'here', data: '/gatehouse/box' }, hidden: true },
  },
  {
    words: ['--kiosk', 'gatehouse://console/audit', '--original-process-start-time=1'],
    is: { kiosk: true, link: 'gatehouse://console/audit' },
  },
  {
    words: ['--attach', 'https://Gatehouse.home.arpa:7300/console/?x=1', '--fingerprint', print],
    is: {
      target: {
        is: 'elsewhere',
        url: new URL('https://gatehouse.home.arpa:7300'),
        fingerprint: 'ab12'.repeat(16),
      },
    },
  },
  {
    words: ['--attach', 'http://127.0.0.1:7300'],
    is: { target: { is: 'elsewhere', url: new URL('http://127.0.0.1:7300') } },
  },
])('$words', ({ words, is }) => {
  expect(read(...words)).toMatchObject(is);
});

test.each([
  { words: ['--attach', 'http://gatehouse.home.arpa'], says: 'only https://' },
  { words: ['--attach', 'ftp://box'], says: '--attach needs' },
  { words: ['--attach', 'https://ada:secret@box'], says: '--attach needs' },
  { words: ['--attach'], says: '--attach needs' },
  { words: ['--attach', 'https://box', '--data', '/srv'], says: 'not both' },
  { words: ['--attach', 'https://box', '--fingerprint', 'ab12'], says: '64 hexadecimal digits' },
  { words: ['--fingerprint', print], says: 'belongs to --attach' },
])('$words is refused: $says', ({ words, says }) => {
  expect(() => read(...words)).toThrow(says);
});
