import { afterEach, describe, expect, test, vi } from 'vitest';
import { readApiKey, readBaseUrl } from './base-url.ts';

const page = globalThis as { Gatehouse?: unknown; location?: unknown };

afterEach(() => {
  vi.unstubAllEnvs();
  delete page.Gatehouse;
  delete page.location;
});

describe('the address of the appliance', () => {
  test('is the option, else the variable, else the script of the page, else the page', () => {
    vi.stubEnv('HUMA_BASE_URL', 'https://variable.example/');
    page.Gatehouse = { baseUrl: 'https://script.example' };
    page.location = { origin: 'https://page.example' };
    expect(readBaseUrl('https://option.example/box/')).toBe('https://option.example/box');
    expect(readBaseUrl(undefined)).toBe('https://variable.example');
    vi.stubEnv('HUMA_BASE_URL', '');
    expect(readBaseUrl(undefined)).toBe('https://script.example');
    delete page.Gatehouse;
    expect(readBaseUrl(undefined)).toBe('https://page.example');
  });

  test('is asked for where there is none: on a server, and in a page from a file', () => {
    vi.stubEnv('HUMA_BASE_URL', undefined);
    expect(() => readBaseUrl(undefined)).toThrow(/^Give baseUrl, or set HUMA_BASE_URL/);
    page.location = { origin: 'null' };
    expect(() => readBaseUrl(undefined)).toThrow(/^Give baseUrl/);
  });

  test.each([
    'gate.example',
    'ftp://gate.example',
    'javascript:alert(1)',
    'https://user@gate.example',
    'https://:secret@gate.example',
    'https://gate.example/?a=1',
    'https://gate.example/#a',
    '',
  ])('is not %j', (address) => {
    expect(() => readBaseUrl(address)).toThrow(/^baseUrl is not the address/);
  });
});

test('the key is the option, else the variable', () => {
  vi.stubEnv('HUMA_API_KEY', 'huma_live_variable');
  expect([readApiKey('huma_live_option'), readApiKey(undefined)]).toEqual([
    'huma_live_option',
    'huma_live_variable',
  ]);
  vi.stubEnv('HUMA_API_KEY', undefined);
  expect(() => readApiKey(undefined)).toThrow(/^Give apiKey, or set HUMA_API_KEY/);
});
