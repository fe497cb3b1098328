import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright';
import { portrait } from '../cli/portraits.ts';
import type { Doing } from './counting-hand.ts';

/** What the tasks take from the disk, into this folder. */
export async function makeTaskFiles(folder: string): Promise<void> {
  for (const name of ['photos', 'backups']) await mkdir(join(folder, name));
  for (const who of ['bea', 'cleo'] as const)
    await writeFile(join(folder, 'photos', `${who}@nordlys.example.jpg`), await portrait(who));
}

/** Each task of an IT administrator's list, from the navigation on; it ends where the console says that it is done. */
export function administratorTasks(
  page: Page,
  folder: string,
): Record<string, (hand: Doing) => Promise<void>> {
  const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const link = (name: string) => page.getByRole('link', { name, exact: true });
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const title = (name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
  /** In a narrow window the navigation is behind a button. */
  const go = async (click: Doing['click'], screen: string) => {
    const opener = button('Open navigation');
    const isNarrow = await opener.isVisible();
    if (isNarrow) await click(opener);
    await click(link(screen));
    // It gives the focus back as it goes.
    if (isNarrow) await page.getByRole('dialog').waitFor({ state: 'hidden' });
  };

  return {
    async 'let a second administrator in'({ click, type }) {
      await go(click, 'Administrators');
      await click(link('Add administrator').first());
      await type(field('Name'), 'Tom Brandt');
      await type(field('E-mail address'), 'tom@nordlys.example');
      await click(button('Add administrator'));
      await title('Tom Brandt was added');
      await click(page.getByLabel('I have handed it over or stored it'));
      await click(button('Back to the administrators'));
    },
    async 'give the organization its color'({ click, type }) {
      await go(click, 'Settings');
      await type(field('Color (optional)'), '#1f4e3d');
      await click(button('Save'));
      await page.getByText('Settings saved').first().waitFor();
    },
    async 'create a webhook'({ click, type }) {
      await go(click, 'Webhooks');
      await click(link('Create a webhook').first());
      await type(field('Name'), 'crm');
      await type(field('Address'), 'http://127.0.0.1:7480/hook');
      await click(button('Create a webhook'));
      await click(button('Allow 127.0.0.1:7480 and save'));
      await title('Webhook crm was created');
    },
    async 'create a key with a scope more'({ click, type }) {
      await go(click, 'API keys');
      await click(link('Create a key').first());
      await type(field('Name'), 'front-desk');
      await click(page.getByLabel('Presence sessions'));
      await click(button('Create a key'));
      await title('Key front-desk was created');
      await click(page.getByLabel('I have stored', { exact: false }));
      await click(button('Back to the keys'));
    },
    async 'import people'({ click }) {
      await go(click, 'People');
      await click(link('Import many'));
      const [chooser] = await Promise.all([
        page.waitForEvent('filechooser'),
        click(button('Choose a folder')),
      ]);
      await chooser.setFiles(join(folder, 'photos'));
      await click(button(/^Import \d pictures?$/));
      await page.getByText('2 pictures enrolled', { exact: true }).waitFor();
    },
    async 'write a backup'({ click, type }) {
      await go(click, 'Backups');
      await click(button('Write a backup').first());
      const dialog = page.getByRole('dialog');
      await type(dialog.getByLabel('Folder on the box'), join(folder, 'backups'));
      await click(dialog.getByRole('button', { name: 'Write a backup' }));
      await dialog.getByText('Backup written and proven').waitFor();
      await click(dialog.getByRole('button', { name: 'Close' }).last());
    },
    async 'try the backup'({ click }) {
      await click(button(/^Actions for /).first());
      await click(page.getByRole('menuitem', { name: 'Try this backup' }));
      await page.getByText('Would restore', { exact: true }).waitFor();
    },
    async 'erase a person'({ click, type }) {
      await go(click, 'People');
      await click(link('bea@nordlys.example'));
      await click(button('Erase person'));
      const dialog = page.getByRole('dialog', { name: /^Erase / });
      await type(dialog.getByRole('textbox'), 'bea@nordlys.example');
      await click(dialog.getByRole('button', { name: 'Erase with passkey' }));
      await title('Erasure receipt');
    },
    async 'have alerts'({ click }) {
      await go(click, 'Alerts');
      await click(link('Alert rules').or(link('See alert rules')).first());
      await click(button(/^Add \d+ recommended rules$/));
      await page.getByText('Refusals of one person').first().waitFor();
    },
  };
}
