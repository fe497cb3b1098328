import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addServeOptions } from '../cli/serve/options.ts';
import { Config, environment } from '../config.ts';
import { profilesPage, settingsPage } from './pages.ts';

const written = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');

test('the pages are those of this code: npm run generate', () => {
  expect(written('SETTINGS.md')).toBe(settingsPage());
  expect(written('PROFILES.md')).toBe(profilesPage());
});

test('every setting has its row and a meaning, with its variable and flag', () => {
  const page = settingsPage();
  for (const name of Object.keys(Config.shape)) {
    const line = page.split('\n').find((one) => one.startsWith(`| \`${name}\` |`));
    expect(line, name).toMatch(/\| [A-Z0-9][^|]+ \|$/);
  }
  for (const name of Object.keys(environment)) expect(page).toContain(`\`${name}\``);
  for (const { long, hidden } of addServeOptions(new Command()).options)
    if (!hidden) expect(page).toContain(`\`${long}\``);
});

test('every field of a profile that may be wrong has its row', () => {
  const page = profilesPage();
  for (const path of [
    'checks.<check>.whenMissing',
    'checks.<check>.hardFail',
    'match.falseMatchRate',
    'models.padSet',
    'attempts.delaySeconds',
    'geoFence.countries',
    'timeRestriction.days',
    'refuseQuality',
  ])
    expect(page).toContain(`| \`${path}\` |`);
});
