import { describe, expect, test } from 'vitest';
import {
  closed,
  closedLoopback,
  createChecked,
  forbidden,
  names,
  organization,
  outcome,
  own,
  written,
} from '../../../../test/support/destinations.ts';
import type { Problem } from '../../../lib/problem.ts';
import { ruleOf } from './destination.ts';
import { createDestinations } from './destination-rules.ts';
import { parseGrant } from './grants.ts';

/** A grant, and what it opens and does not. */
const opened: [grant: string, url: string, expected: string][] = [
  ['hooks.example.org', 'https://hooks.example.org/x?y=@:/', '93.184.216.34 port 443'],
  ['hooks.example.org', 'HTTPS://Hooks.Example.ORG:443/', '93.184.216.34 port 443'],
  ['hooks.example.org', 'https://hooks.example.org:8443/', closed],
  ['hooks.example.org', 'https://a.example.org/', closed],
  ['hooks.example.org', 'https://a.hooks.example.org/', closed],
  ['hooks.example.org', 'https://93.184.216.34/', closed],
  ['hooks.example.org:8443', 'https://hooks.example.org:8443/', '93.184.216.34 port 8443'],
  ['hooks.example.org:8443', 'https://hooks.example.org/', closed],
  ['HOOKS.example.org', 'https://hooks.example.org/', '93.184.216.34 port 443'],
  ['*.example.org', 'https://a.example.org/', '93.184.216.35 port 443'],
  ['*.example.org', 'https://a.b.example.org/', '93.184.216.35 port 443'],
  ['*.example.org', 'https://example.org/', closed],
  ['*.example.org', 'https://badexample.org/', closed],
  ['lan.example.org', 'https://lan.example.org/', '10.1.2.3 port 443'],
  ['lan.example.org', 'http://lan.example.org/', '10.1.2.3 port 80'],
  ['lan.example.org:8080', 'http://lan.example.org:8080/', '10.1.2.3 port 8080'],
  ['lan.example.org:8080', 'http://lan.example.org/', closed],
  ['*.example.org', 'https://public-and-private.example.org/', '93.184.216.34 10.1.2.3 port 443'],
  ['*.example.org', 'https://to-loopback.example.org/', closedLoopback],
  ['*.example.org', 'https://public-and-loopback.example.org/', closedLoopback],
  ['*.example.org', 'https://overlay.example.org/', '100.64.0.7 port 443'],
  ['*.example.org', 'http://overlay.example.org/', forbidden('plain-http')],
  ['*.example.org', 'https://mapped.example.org/', '10.1.2.3 port 443'],
  ['receiver:8080', 'http://receiver:8080/', '10.1.2.3 port 8080'],
  ['my_service:8080', 'http://my_service:8080/', '10.1.2.3 port 8080'],
  ['münchen.example', 'https://münchen.example/', '93.184.216.36 port 443'],
  ['münchen.example', 'https://xn--mnchen-3ya.example/', '93.184.216.36 port 443'],
  ['xn--mnchen-3ya.example', 'https://MÜNCHEN.example/', '93.184.216.36 port 443'],
  ['apple.com', 'https://\u0430pple.com/', closed],
  ['10.1.0.0/16', 'https://10.1.2.3/', '10.1.2.3 port 443'],
  ['10.1.0.0/16', 'http://10.1.2.3/', '10.1.2.3 port 80'],
  ['10.1.0.0/16', 'http://10.1.2.3:8080/', closed],
  ['10.1.0.0/16:8080', 'http://10.1.2.3:8080/', '10.1.2.3 port 8080'],
  ['10.1.0.0/16:8080', 'http://10.1.2.3/', closed],
  ['10.1.0.0/16', 'https://10.2.2.3/', closed],
  ['10.1.0.0/16', 'https://lan.example.org/', '10.1.2.3 port 443'],
  ['10.1.0.0/16', 'https://outside.example.org/', closed],
  ['10.1.0.0/16', 'https://both.example.org/', closed],
  ['10.1.0.0/16', 'https://[::ffff:10.1.2.3]/', '10.1.2.3 port 443'],
  ['10.1.2.3:8080', 'http://10.1.2.3:8080/', '10.1.2.3 port 8080'],
  ['10.1.2.3:8080', 'http://10.1.2.4:8080/', closed],
  ['fd00::/8', 'https://[fd00::3]/', 'fd00::3 port 443'],
  ['fd00::/8', 'http://[FD00:0::3]/', 'fd00::3 port 80'],
  ['[fd00::3]:8443', 'https://[fd00::3]:8443/', 'fd00::3 port 8443'],
  ['[fd00::/8]:8443', 'https://[fd12::3]:8443/', 'fd12::3 port 8443'],
  ['93.184.216.0/24', 'https://translated.example.org/', '64:ff9b::5db8:d822 93.184.216.34 port 443'],
  ['93.184.216.0/24', 'https://public-and-private.example.org/', closed],
  ['100.64.0.0/10', 'https://100.64.0.7/', '100.64.0.7 port 443'],
  ['0.0.0.0/0', 'https://10.1.2.3/', '10.1.2.3 port 443'],
  ['0.0.0.0/0', 'https://127.0.0.1/', closed],
  ['0.0.0.0/0', 'https://localhost/', closed],
  ['::/0', 'https://[::1]/', closed],
  ['127.0.0.0/8:8080', 'http://127.0.0.1:8080/', '127.0.0.1 port 8080'],
  ['127.0.0.1:8080', 'http://127.0.0.2:8080/', closed],
  ['127.0.0.1:8080', 'http://localhost:8080/', closed],
  ['127.0.0.1:8080', 'http://own.localhost:8080/', '127.0.0.1 port 8080'],
  ['127.0.0.1:8080', 'http://to-loopback.example.org:8080/', '127.0.0.1 port 8080'],
  ['localhost:8080', 'http://localhost:8080/', '127.0.0.1 ::1 port 8080'],
  ['localhost:8080', 'http://127.0.0.1:8080/', closed],
  ['*.localhost:8080', 'http://own.localhost:8080/', '127.0.0.1 port 8080'],
  ['[::1]:8080', 'http://[::1]:8080/', '::1 port 8080'],
  ['public-https', 'https://hooks.example.org/', '93.184.216.34 port 443'],
  ['public-https', 'https://93.184.216.34/', '93.184.216.34 port 443'],
  ['public-https', 'https://[2606:2800::1]/', '2606:2800::1 port 443'],
  ['public-https', 'https://translated.example.org/', '64:ff9b::5db8:d822 93.184.216.34 port 443'],
  ['public-https', 'https://hooks.example.org:8443/', closed],
  ['public-https', 'http://hooks.example.org/', closed],
  ['public-https', 'https://lan.example.org/', closed],
  ['public-https', 'https://public-and-private.example.org/', closed],
  ['public-https', 'https://public-and-loopback.example.org/', closedLoopback],
  ['public-https', 'https://overlay.example.org/', closed],
  ['public-https', 'https://10.1.2.3/', closed],
  ['public-https', 'https://127.0.0.1/', closed],
  ['public-https', 'https://localhost/', closed],
];

describe('a grant opens exactly what it says', () => {
  test.each(opened)('%s, %s: %s', async (grant, url, expected) => {
    expect(await outcome([grant], url, names)).toBe(expected);
    expect(await outcome([], url, names)).toMatch(/^DESTINATION_(NOT_GRANTED|FORBIDDEN) /);
  });
});

describe('a refusal', () => {
  const refused = async (grants: string[], url: string) => {
    const { destinations } = createChecked(grants, names);
    return destinations.check(organization, url).then(
      () => 'sent',
      (error: Problem) => error.message,
    );
  };

  test('says which command an administrator would have to give, and that command opens it', async () => {
    for (const url of [
      'https://hooks.example.org/',
      'https://hooks.example.org:8443/',
      'http://10.1.2.3:8080/',
      'http://lan.example.org/',
      'https://[fd00::3]/',
      'https://[fd00::3]:8443/',
      'https://to-loopback.example.org/',
      'http://127.0.0.1:8080/',
    ]) {
      const sentence = await refused(url.includes('to-loopback') ? ['*.example.org'] : [], url);
      const [, grant = ''] =
        / gatehouse grant add --org org_1 '?([^' ]+?)'? \(Rule: [a-z-]+\.\)$/.exec(sentence) ?? [];
      expect([url, await outcome([grant], url, names)]).toEqual([url, expect.stringMatching(/ port \d+$/)]);
    }
  });

  test('does not reveal what a name resolves to', async () => {
    expect(await refused(['public-https'], 'https://lan.example.org/')).not.toContain('10.1');
    expect(await refused(['public-https'], 'https://metadata.example.org/')).not.toContain('169.254');
  });

  test('of a name that no grant could cover asks no name server', async () => {
    const { asked, destinations } = createChecked(['a.example.org', '*.lan:8080', '10.0.0.0/8:8080'], names);
    await expect(destinations.check(organization, 'https://hooks.example.org/')).rejects.toMatchObject({
      code: 'DESTINATION_NOT_GRANTED',
    });
    expect(asked).toEqual([]);
  });
});

describe('a name is resolved once for each check', () => {
  test('and what it has then is what is dialled, whatever it has the next moment', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const destinations = createDestinations({
      grants: { active: async () => [parseGrant('public-https')] },
      outgoing: { resolve: async () => answers.shift() ?? [] },
      own: () => own,
    });
    const check = () => destinations.check(organization, 'https://rebinding.example.org/');
    expect(await check()).toMatchObject({ addresses: ['93.184.216.34'] });
    await expect(check()).rejects.toSatisfy((error) => ruleOf(error) === 'loopback-not-granted');
  });
});

describe('a mail server', () => {
  const checkHost = async (grant: string, host: string, port: number) => {
    const { destinations } = createChecked([grant], names);
    return destinations.checkHost(organization, { host, port, secure: false }).then(
      ({ addresses }) => addresses.join(' '),
      (error: Problem) => `${error.code} ${ruleOf(error)}`,
    );
  };
  test.each([
    ['hooks.example.org:587', 'hooks.example.org', 587, '93.184.216.34'],
    ['hooks.example.org:587', 'hooks.example.org', 25, closed],
    ['hooks.example.org', 'hooks.example.org', 587, closed],
    ['hooks.example.org', 'hooks.example.org', 443, closed],
    ['public-https', 'hooks.example.org', 443, closed],
    ['localhost:25', 'localhost', 25, '127.0.0.1 ::1'],
    ['10.0.0.0/8:25', '10.1.2.3', 25, '10.1.2.3'],
    ['[fd00::/8]:25', 'fd00::3', 25, 'fd00::3'],
    ['[fd00::/8]:25', '[fd00::3]', 25, 'fd00::3'],
    ['0.0.0.0/0:25', '169.254.169.254', 25, forbidden('metadata')],
    ['0.0.0.0/0:25', '127.1', 25, written('spelling')],
    ['0.0.0.0/0:25', 'a@b', 25, written('host')],
    ['0.0.0.0/0:25', 'mail.example.org:25', 25, written('host')],
    ['0.0.0.0/0:25', 'hooks.example.org', 0, written('port')],
    ['0.0.0.0/0:5432', '10.0.0.5', 5432, forbidden('own-listener')],
  ])('%s, %s port %i: %s', async (grant, host, port, expected) => {
    expect(await checkHost(grant, host, port)).toBe(expected);
  });
});
