import { describe, expect, test } from 'vitest';
import { forbidden, written } from '../../../../test/support/destinations.ts';
import type { Problem } from '../../../lib/problem.ts';
import { ruleOf } from './destination.ts';
import { describeGrant, parseGrant } from './grants.ts';

describe('a grant as it is written', () => {
  test.each([
    ['hooks.example.org', 'hooks.example.org'],
    ['Hooks.Example.org:8443', 'hooks.example.org:8443'],
    ['*.example.org', '*.example.org'],
    ['*.lan:8080', '*.lan:8080'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['10.1.0.0/16:8080', '10.1.0.0/16:8080'],
    ['10.1.2.3', '10.1.2.3'],
    ['10.1.2.3/32', '10.1.2.3'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
    ['[fd00::1]:443', '[fd00::1]:443'],
    ['fd00::1', 'fd00::1'],
    ['FD00:0::/8', 'fd00::/8'],
    ['64:ff9b::/96', '64:ff9b::/96'],
    ['[fd00::/8]:8443', '[fd00::/8]:8443'],
    ['public-https', 'public-https'],
  ])('%s reads as %s, and so does that', (text, canonical) => {
    expect(describeGrant(parseGrant(text))).toBe(canonical);
    expect(parseGrant(canonical)).toEqual(parseGrant(text));
  });

  test.each([
    ['', written('host')],
    ['https://hooks.example.org', written('host')],
    ['hooks.example.org/path', written('host')],
    ['user@hooks.example.org', written('host')],
    ['hooks.example.org ', written('host')],
    ['hooks.example.org.', written('trailing-dot')],
    ['*', written('host')],
    ['*.com', written('host')],
    ['*.*.org', written('host')],
    ['a.*.org', written('host')],
    ['*.10.1.2.3', written('host')],
    ['hooks.example.org:0', written('port')],
    ['hooks.example.org:', written('port')],
    ['hooks.example.org:https', written('port')],
    ['127.1', written('spelling')],
    ['0x7f.0.0.1', written('spelling')],
    ['10.1.2.3/16', written('spelling')],
    ['fd00::1/8', written('spelling')],
    ['10.0.0.0/33', written('host')],
    ['010.0.0.0/8', written('host')],
    ['[10.0.0.1]', written('host')],
    ['[hooks.example.org]:80', written('host')],
    ['fe80::1%eth0', written('host')],
    ['public-http', written('host')],
    ['public_https', written('host')],
    ['publichttps', written('host')],
    ['public-https:443', written('host')],
    ['169.254.169.254', forbidden('metadata')],
    ['169.254.0.0/16', forbidden('link-local')],
    ['224.0.0.0/8', forbidden('multicast')],
    ['0.0.0.0', forbidden('unspecified')],
    ['203.0.113.7:8080', forbidden('reserved')],
    ['[fe80::1]:80', forbidden('link-local')],
    ['2002:a00::/24', forbidden('tunnel')],
    ['::ffff:169.254.0.0/112', forbidden('link-local')],
    ['metadata.google.internal', forbidden('metadata')],
  ])('%s is refused: %s', async (text, expected) => {
    let found = 'granted';
    try {
      parseGrant(text);
    } catch (error) {
      found = `${(error as Problem).code} ${ruleOf(error)}`;
    }
    expect(found).toBe(expected);
  });
});
